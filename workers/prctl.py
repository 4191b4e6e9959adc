"""What is asked of the Linux kernel for one process: its name, and to die with its parent."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
LONGEST_NAME = 15
"""Bytes; prctl(2) cuts what is longer."""


def die_with_parent(parent: int, sign: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to send `sign` to this process when its parent ends. Linux only, else nothing.

    So no orphan goes on changing a swarm.

    Args:
        parent: its pid, taken before the fork: if it is gone already, this process ends now.
        sign: what to send.
    """
    if sys.platform != "linux":
        return
    _prctl(_PR_SET_PDEATHSIG, int(sign))
    if os.getppid() != parent:
        os.kill(os.getpid(), sign)


def be_called(name: str) -> None:
    """Name this process for `ps -o comm`, `top` and `pgrep`. Linux only, else nothing.

    All of a worker's processes are forks, so their command lines are the same.

    Raises:
        ValueError: if it is longer than the kernel keeps.
    """
    if len(name.encode()) > LONGEST_NAME:
        raise ValueError(f"the kernel keeps {LONGEST_NAME} bytes of a name: {name}")
    if sys.platform == "linux":
        _prctl(_PR_SET_NAME, name.encode())


def _prctl(option: int, value: int | bytes) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
