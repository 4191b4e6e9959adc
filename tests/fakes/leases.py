"""The steward's lease and the heartbeats, in memory, on a fake clock."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.trouble import Trouble
from bot.domain.vitals import PARTS, LastSeen, Vitals
from bot.ports import Clock
from tests.fakes.clock import FakeClock

_Beat = tuple[datetime, tuple[Trouble, ...]]


@dataclass
class FakeLeases:
    """Implements `bot.ports.Leases`.

    Attributes:
        epochs: give it FakeRecordStore.epochs, and a new holder fences the old one out there.
    """

    clock: Clock = field(default_factory=FakeClock)
    epochs: dict[str, int] = field(default_factory=dict)
    _held: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    _vitals: dict[str, tuple[datetime, Vitals]] = field(default_factory=dict)
    _beats: dict[str, dict[tuple[str, str], _Beat]] = field(default_factory=dict)

    def acquire(self, cluster: str, holder: str, ttl: timedelta) -> int | None:
        now = self.clock.now()
        who, until = self._held.get(cluster, ("", now))
        free = until <= now
        if not free and who != holder:
            return None
        if free:
            self.epochs[cluster] = self.epochs.get(cluster, 0) + 1
        self._held[cluster] = (holder, now + ttl)
        return self.epochs[cluster]

    def release(self, cluster: str, holder: str) -> None:
        if self._held.get(cluster, ("",))[0] == holder:
            del self._held[cluster]

    def beat(
        self, cluster: str, role: str, who: str, ttl: timedelta, troubles: Sequence[Trouble] = ()
    ) -> None:
        self._beats.setdefault(cluster, {})[role, who] = (self.clock.now() + ttl, tuple(troubles))

    def beats(self) -> dict[str, dict[str, int]]:
        return {
            cluster: dict(Counter(role for role, _ in fresh))
            for cluster, fresh in self._fresh().items()
        }

    def troubles(self) -> dict[str, dict[str, tuple[Trouble, ...]]]:
        return {
            cluster: {f"{role} {who}": told for (role, who), told in sorted(fresh.items()) if told}
            for cluster, fresh in self._fresh().items()
        }

    def tell(self, cluster: str, vitals: Vitals) -> None:
        self._vitals[cluster] = (self.clock.now(), vitals)

    def vitals(self) -> dict[str, LastSeen]:
        now = self.clock.now()
        return {
            name: LastSeen(vitals=vitals, ago=now - at)
            for name, (at, vitals) in self._vitals.items()
            if name in self._beats
        }

    def _fresh(self) -> dict[str, dict[tuple[str, str], tuple[Trouble, ...]]]:
        now = self.clock.now()
        return {
            cluster: {name: told for name, (until, told) in beats.items() if until > now}
            for cluster, beats in self._beats.items()
        }


def all_well(*clusters: str) -> FakeLeases:
    """Return leases in which each of these clusters has all its processes."""
    leases = FakeLeases()
    for cluster in clusters:
        for role in PARTS:
            leases.beat(cluster, role, "one", timedelta(days=1))
    return leases
