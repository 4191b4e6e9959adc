"""The swarms that ever had a worker, remembered for a moment: every ack asks for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.ports import Clock, Leases

REMEMBERED: Final = timedelta(seconds=5)


class KnownClusters:
    """Callable; asks Redis at most every five seconds. Raises StoreUnavailableError as it does."""

    def __init__(self, leases: Leases, clock: Clock) -> None:
        self._leases = leases
        self._clock = clock
        self._known: tuple[str, ...] = ()
        self._asked: datetime | None = None

    def __call__(self) -> Sequence[str]:
        """Return their names, sorted."""
        now = self._clock.now()
        if self._asked is None or now - self._asked > REMEMBERED:
            self._known = tuple(sorted(self._leases.beats()))
            self._asked = now
        return self._known
