"""Named places where a test can kill the process: WAGGLE_FAULT_AT=name[:n], the n-th time (from 1).

Unset, as it always is in use, the hook is a function that does nothing.
"""

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

SWITCH = "WAGGLE_FAULT_AT"
COUNTER = "WAGGLE_FAULT_FILE"
"""A file that counts the visits across processes and restarts; without it each process counts for
itself, and a restarted one is killed again."""


def fault_from(environ: Mapping[str, str]) -> Callable[[str], None]:
    """Return the hook that the environment asks for."""
    wanted, _, number = environ.get(SWITCH, "").partition(":")
    if not wanted:
        return no_fault
    return _Killer(wanted, int(number or 1), environ.get(COUNTER, ""))


def no_fault(point: str) -> None:
    """Go on."""
    del point


class _Killer:
    def __init__(self, wanted: str, number: int, counter: str) -> None:
        self._wanted = wanted
        self._number = number
        self._counter = Path(counter) if counter else None
        self._visits = 0

    def __call__(self, point: str) -> None:
        if point != self._wanted:
            return
        if self._visit() == self._number:
            os.kill(os.getpid(), signal.SIGKILL)

    def _visit(self) -> int:
        if self._counter is None:
            self._visits += 1
            return self._visits
        # O_APPEND writes of one byte do not overlap: the size is the count
        with self._counter.open("ab", buffering=0) as file:
            file.write(b".")
            return file.tell()
