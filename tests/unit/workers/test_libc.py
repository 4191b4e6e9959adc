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
libc.malloc.restype = ctypes.c_void_p
found = []
def look():
    found.append(libc.malloc(100_000) >> 26)  # an arena of a thread is a place of 64 MiB
all_here = threading.Barrier(4)
def run():
    all_here.wait()
    look()
    all_here.wait()
threads = [threading.Thread(target=run) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(set(found)))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_all_threads_share_one_arena_once_it_is_asked_for() -> None:
    arenas = {
        how: subprocess.run(
            [sys.executable, "-c", _ARENAS, how], capture_output=True, text=True, check=True
        ).stdout.strip()
        for how in ("one", "default")
    }
    assert arenas["one"] == "1"
    assert int(arenas["default"]) > 1
