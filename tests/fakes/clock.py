"""A clock that goes when it is told to."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


class FakeClock:
    """Implements `bot.ports.Clock`."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta | float) -> None:
        """Let time pass; a bare number is seconds."""
        self._now += by if isinstance(by, timedelta) else timedelta(seconds=by)
