"""What is asked of the C library."""

import platform
import subprocess
import sys

import pytest

_ARENAS = """
import ctypes, sys, threading
from workers.libc import allocate_in_one_place
if sys.argv[1] == "one":
    assert allocate_in_one_place()
libc = ctypes.CDLL(None)
all_here = threading.Barrier(5)
def run():
    all_here.wait()
    libc.malloc(100_000)
    all_here.wait()
threads = [threading.Thread(target=run) for _ in range(4)]
[thread.start() for thread in threads]
all_here.wait()
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
all_here.wait()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_all_threads_share_one_arena_once_it_is_asked_for() -> None:
    arenas = {
        how: subprocess.run(
            [sys.executable, "-c", _ARENAS, how], capture_output=True, text=True, check=True
        ).stdout.count("<heap nr=")
        for how in ("one", "default")
    }
    assert arenas["one"] == 1
    assert arenas["default"] > 1
