"""The steward tells how its swarm is, so that the bot can answer `clusters` without asking."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.observation import NodeView
from bot.domain.vitals import Vitals, vitals_of
from bot.ports import Clock, Leases, StoreUnavailableError

TELL_EVERY = timedelta(seconds=5)
"""Unless something has changed: then at once."""


@dataclass(kw_only=True)
class KeepVitals:
    """Remembers what it told last."""

    leases: Leases
    clock: Clock
    _told: dict[str, tuple[Vitals, datetime]] = field(default_factory=dict)

    def note(self, cluster: str, nodes: Iterable[NodeView]) -> None:
        """Tell it, if it is new or some time has passed. Never raises for Redis."""
        vitals, now = vitals_of(nodes), self.clock.now()
        last = self._told.get(cluster)
        if last is not None and last[0] == vitals and now - last[1] < TELL_EVERY:
            return
        with contextlib.suppress(StoreUnavailableError):  # the next tick tells it
            self.leases.tell(cluster, vitals)
            self._told[cluster] = (vitals, now)
