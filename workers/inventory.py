"""Keeps the inventory fresh: what the bot fills forms in with, as it has no Docker."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.domain.inventory import (
    Inventory,
    node_stock,
    repository_of,
    service_stock,
    tags_to_keep,
)
from bot.ports import (
    EngineError,
    ImageRegistry,
    Inventories,
    NotFoundError,
    RegistryUnavailableError,
    StoreUnavailableError,
    SwarmReader,
)
from workers.whereabouts import whereabouts

LOOK_EVERY = 5.0
"""Seconds between looks: three calls of the Engine, whatever there is."""

TAGS_EVERY = 300.0
"""Seconds after which a registry is asked again about a repository, whether it answered or not."""

MOST_REPOSITORIES = 50
"""That are asked for within `TAGS_EVERY`; of more, each gets its turn."""

_log = structlog.get_logger("waggle.inventory")


@dataclass(kw_only=True)
class InventoryKeeper:
    """A thread beside the steward; only that of the one which leads looks.

    Attributes:
        swarm: one of its own: its HTTP session is for one thread.
        leads: whether this process's steward leads.
        is_busy: whether an earlier look into a registry still lives: then none is asked.
    """

    cluster: str
    swarm: SwarmReader
    registry: ImageRegistry
    inventories: Inventories
    leads: Callable[[], bool]
    is_busy: Callable[[], bool] = lambda: False
    every: float = LOOK_EVERY
    clock: Callable[[], float] = time.monotonic
    _asked: dict[str, float] = field(default_factory=dict)
    _ending: threading.Event = field(default_factory=threading.Event)

    def start(self) -> threading.Thread:
        """Begin; the thread ends with the process, or after `stop()`."""
        thread = threading.Thread(target=self._keep, name="inventory", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """End after this look."""
        self._ending.set()

    def look(self) -> None:
        """Look once, and write down what there is.

        Raises:
            EngineError, StoreUnavailableError: it could not be seen, or not be written.
        """
        services = sorted(self.swarm.services(), key=lambda each: each.name)
        nodes = sorted(map(node_stock, self.swarm.nodes()), key=lambda each: each.name)
        names = {each.id: each.name for each in self.swarm.networks()}
        found = Inventory(
            services=tuple(service_stock(each, names) for each in services),
            nodes=tuple(nodes),
        )
        self.inventories.keep(self.cluster, found)

    def ask_a_registry(self) -> bool:
        """Ask about the repository that is due, one at a time; return whether one was.

        Raises:
            StoreUnavailableError: its tags could not be written.
        """
        if self.is_busy():
            return False  # this process lives long: what is left behind must not pile up
        seen = self.inventories.seen(self.cluster)
        images = (each.image for each in (seen.inventory.services if seen else ()))
        found = sorted({repository_of(image) for image in images} - {""})
        self._asked = {each: at for each, at in self._asked.items() if each in found}
        now = self.clock()
        repository = self._next(found, now)
        if repository is None:
            return False
        self._asked[repository] = now
        try:
            tags = self.registry.tags(repository)
        except (NotFoundError, RegistryUnavailableError):
            return True  # a menu without tags: whatever is typed is taken all the same
        self.inventories.keep_tags(self.cluster, repository, tags_to_keep(tags.names))
        return True

    def _next(self, found: list[str], now: float) -> str | None:
        """Return whose turn it is: of those that are due, the one that has waited longest."""
        lately = {each for each, at in self._asked.items() if now - at < TAGS_EVERY}
        due = [each for each in found if each not in lately]
        if not due or len(lately) >= MOST_REPOSITORIES:
            return None
        return min(due, key=lambda each: self._asked.get(each, -math.inf))

    def _keep(self) -> None:
        while not self._ending.is_set():
            if self.leads():
                self._round()
            self._ending.wait(self.every if self.leads() else 1.0)

    def _round(self) -> None:
        try:
            self.look()
            while not self._ending.is_set() and self.ask_a_registry():
                self.look()  # a registry may take its time
        except (EngineError, StoreUnavailableError):
            return  # the steward says so; here it grows old
        except Exception as error:  # noqa: BLE001  the thread must live
            _log.error("inventory_failed", error=type(error).__name__, at=whereabouts(error))
