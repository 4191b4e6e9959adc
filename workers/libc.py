"""What is asked of the C library for one process."""

import ctypes
import sys

_M_ARENA_MAX = -8  # malloc.h


def allocate_in_one_place() -> bool:
    """Let all threads of this process share one arena of memory; tell whether that is so.

    By default glibc gives each thread one of its own, and what a thread has once held stays with
    its arena. Python's threads take turns anyway. Where the C library is another (musl), nothing.
    See mallopt(3).
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_ARENA_MAX, 1) == 1
