"""The steward's lease and the heartbeats, in memory, on a fake clock."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.ports import Clock
from tests.fakes.clock import FakeClock


@dataclass
class FakeLeases:
    """Implements `bot.ports.Leases`.

    Attributes:
        epochs: give it FakeRecordStore.epochs, and a new holder fences the old one out there.
    """

    clock: Clock = field(default_factory=FakeClock)
    epochs: dict[str, int] = field(default_factory=dict)
    _held: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    _beats: dict[str, dict[tuple[str, str], datetime]] = field(default_factory=dict)

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

    def beat(self, cluster: str, role: str, who: str, ttl: timedelta) -> None:
        self._beats.setdefault(cluster, {})[role, who] = self.clock.now() + ttl

    def beats(self) -> dict[str, dict[str, int]]:
        now = self.clock.now()
        return {
            cluster: dict(Counter(role for (role, _), until in beats.items() if until > now))
            for cluster, beats in self._beats.items()
        }
