"""`waggle worker`: starts the processes, restarts what dies, and takes them with it when it ends.

RQ workers    each on exactly one queue (on two, RQ 3.0 can lose a job for good)
a steward     one candidate; one per cluster leads
"""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

from workers.fork import Forked, fork

STOP_WITHIN = 28.0
"""Seconds for the children to end after SIGTERM; with the rest it stays below the 30 promised."""

LOOK_EVERY = 0.2
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY_AFTER = 10.0
"""A child that has lived so long starts again without a pause when it dies."""

_log = structlog.get_logger("waggle.supervisor")


@dataclass(kw_only=True)
class Child:
    """One process to keep running.

    Attributes:
        run: what it does, in a fork; its result is the exit status.
        died: the pid of its process before, once that is dead.
    """

    name: str
    run: Callable[[], int]
    process: Forked | None = None
    started_at: float = 0.0
    start_after: float = 0.0
    pause: float = FIRST_PAUSE
    died: int | None = None

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None


@dataclass(kw_only=True)
class Supervisor:
    """Keeps children running until it is told to stop.

    Attributes:
        stop_within: seconds to wait for them at the end.
    """

    children: Sequence[Child]
    stop_within: float = STOP_WITHIN
    _ending: threading.Event = field(default_factory=threading.Event)
    _kill: threading.Event = field(default_factory=threading.Event)

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; return the exit status."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        try:
            while not self._ending.is_set():
                for child in self.children:
                    self._look_after(child)
                self._ending.wait(LOOK_EVERY)
        finally:
            self._end()
        return 0

    def _on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        if self._ending.is_set():
            self._kill.set()  # the second one: now
        self._ending.set()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.is_running:
            return
        if child.process is not None:
            self._bury(child, now)
        if now >= child.start_after:
            self._start(child, now)

    def _bury(self, child: Child, now: float) -> None:
        process = child.process
        status = process.returncode if process else None
        child.died = process.pid if process else None
        lived = now - child.started_at
        child.process = None
        child.pause = FIRST_PAUSE if lived > STEADY_AFTER else min(child.pause * 2, LONGEST_PAUSE)
        child.start_after = now + (0.0 if lived > STEADY_AFTER else child.pause)
        _log.warning("died", child=child.name, status=status, lived=round(lived, 1))

    def _start(self, child: Child, now: float) -> None:
        child.process = fork(child.run)
        child.started_at = now
        _log.info("started", child=child.name, pid=child.process.pid)

    def _end(self) -> None:
        self._send(signal.SIGTERM)
        deadline = time.monotonic() + self.stop_within
        while self._running() and time.monotonic() < deadline and not self._kill.is_set():
            self._kill.wait(0.05)
        if self._running():
            _log.warning("killing", children=[child.name for child in self._running()])
            self._send(signal.SIGKILL)
        for child in self.children:
            if child.process is not None:
                child.process.wait()

    def _running(self) -> list[Child]:
        return [child for child in self.children if child.is_running]

    def _send(self, sign: signal.Signals) -> None:
        for child in self._running():
            if child.process is not None:
                child.process.send_signal(sign)
