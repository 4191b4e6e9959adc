"""What there is in each swarm, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.inventory import Inventory, Sighting
from bot.ports import StoreUnavailableError
from tests.fakes.clock import FakeClock


@dataclass
class FakeInventories:
    """Implements `bot.ports.Inventories`.

    Attributes:
        down: every call raises StoreUnavailableError.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    known: dict[str, tuple[datetime, Inventory]] = field(default_factory=dict)
    repositories: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    down: bool = False

    def keep(self, cluster: str, inventory: Inventory) -> None:
        self._answer()
        self.known[cluster] = (self.clock.now(), inventory)

    def seen(self, cluster: str) -> Sighting | None:
        self._answer()
        if cluster not in self.known:
            return None
        at, inventory = self.known[cluster]
        return Sighting(inventory=inventory, age=self.clock.now() - at)

    def keep_tags(self, cluster: str, repository: str, tags: Sequence[str]) -> None:
        self._answer()
        self.repositories[cluster, repository] = tuple(tags)

    def tags(self, cluster: str, repository: str) -> tuple[str, ...]:
        self._answer()
        return self.repositories.get((cluster, repository), ())

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailableError("redis is away")
