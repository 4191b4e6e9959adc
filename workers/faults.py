"""Named places where a test can kill the process: WAGGLE_FAULT_AT=name[:n][,…], the n-th visit.

Or, while the processes run: who comes to a point for which a file of its name lies in
WAGGLE_FAULT_DIR takes the file away and gets the signal that is written in it. Unset, as both
always are in use, the hook is a function that does nothing.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

SWITCH = "WAGGLE_FAULT_AT"
COUNTER = "WAGGLE_FAULT_FILE"
"""A file that keeps the visits across processes and restarts, a line each; without it each process
counts for itself, and a restarted one is killed again."""
ARMED = "WAGGLE_FAULT_DIR"


def fault_from(environ: Mapping[str, str]) -> Callable[[str], None]:
    """Return the hook that the environment asks for."""
    if armed := environ.get(ARMED, ""):
        return _Trap(Path(armed))
    wanted = dict(_point(word) for word in environ.get(SWITCH, "").split(",") if word)
    return _Killer(wanted, environ.get(COUNTER, "")) if wanted else no_fault


def no_fault(point: str) -> None:
    """Go on."""
    del point


def _point(word: str) -> tuple[str, int]:
    name, _, number = word.partition(":")
    return name, int(number or 1)


class _Killer:
    def __init__(self, wanted: Mapping[str, int], counter: str) -> None:
        self._wanted = wanted
        self._file = Path(counter) if counter else None
        self._visits: Counter[str] = Counter()

    def __call__(self, point: str) -> None:
        if point in self._wanted and self._visit(point) == self._wanted[point]:
            os.kill(os.getpid(), signal.SIGKILL)

    def _visit(self, point: str) -> int:
        if self._file is None:
            self._visits[point] += 1
            return self._visits[point]
        with self._file.open("a+b", buffering=0) as file:
            file.write(f"{point}\n".encode())
            # appended at once and whole: what stands before our own end came before us
            end = file.tell()
            file.seek(0)
            return file.read(end).decode().splitlines().count(point)


class _Trap:
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __call__(self, point: str) -> None:
        armed = self._directory / point
        try:
            # there can be many at a point, and one of them it is whose rename succeeds
            mine = armed.rename(self._directory / f".{point}.{os.getpid()}")
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.Signals[mine.read_text().strip()])
