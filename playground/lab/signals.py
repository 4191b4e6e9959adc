"""Signals that wait for a safe point."""

import signal
import threading
from types import FrameType
from typing import Any, Self

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Deferred:
    """While entered, a request to end is noted instead of obeyed; on leaving, it is obeyed.

    A signal in the middle of starting a daemon would leave one that nobody knows of. So the lab
    calls `check` between its steps, cleans up, and only then passes the signal on. Outside the
    main thread signals cannot be had, and this does nothing.
    """

    def __init__(self) -> None:
        self._seen: int | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {s: signal.signal(s, self._note) for s in _ENDING}
        return self

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._seen = number

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal came."""
        if self._seen is not None:
            raise KeyboardInterrupt

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._seen is not None:
            signal.raise_signal(self._seen)
