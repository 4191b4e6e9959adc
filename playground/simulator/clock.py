"""The time of a simulated swarm: the machine's, faster than it, or only what a test says."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, aware and in UTC, and never goes back."""

    def now(self) -> datetime:
        """Return the time."""
        ...


class PacedClock:
    """Runs `speed` times as fast as the machine's; 0: moves by `advance` alone."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._start = datetime.fromtimestamp(time.time(), UTC)
        self._began = time.monotonic()
        self._skipped = timedelta()

    def now(self) -> datetime:
        """Return the simulated time."""
        passed = (time.monotonic() - self._began) * self.speed
        return self._start + timedelta(seconds=passed) + self._skipped

    def advance(self, by: timedelta) -> None:
        """Skip some time."""
        self._skipped += max(by, timedelta())
