"""The swarms that ever had a worker, remembered for a moment: every ack asks for them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.domain.vitals import LastSeen
from bot.ports import Clock, Leases

REMEMBERED: Final = timedelta(seconds=2)


class KnownClusters:
    """Implements bot.ports.Roster; asks Redis for heartbeats at most every two seconds."""

    def __init__(self, leases: Leases, clock: Clock) -> None:
        self._leases = leases
        self._clock = clock
        self._known: Mapping[str, Mapping[str, int]] = {}
        self._asked: datetime | None = None

    def beats(self) -> Mapping[str, Mapping[str, int]]:
        """Return each with how many fresh heartbeats its roles have."""
        now = self._clock.now()
        if self._asked is None or now - self._asked > REMEMBERED:
            self._known = self._leases.beats()
            self._asked = now
        return self._known

    def vitals(self) -> Mapping[str, LastSeen]:
        """Return what their stewards told last; rarely asked for, and never remembered."""
        return self._leases.vitals()
