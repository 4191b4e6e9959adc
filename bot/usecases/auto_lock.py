"""A rollback locks updates of its service to the revision that was left.

It is written in the transaction that ends the rollout, under an id that follows from the rollout's.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain import history as past
from bot.domain.lock import BadRevision, Lock, Scope, ScopeKind
from bot.domain.lock.words import of_bad
from bot.domain.request import Principal
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.standing import makes_current
from bot.domain.spec import loose_hash
from bot.ports import Put, RecordStore
from bot.usecases.revisions import Ledger


@dataclass(frozen=True, kw_only=True)
class AutoLock:
    """Sets the lock, if one is needed."""

    store: RecordStore
    ledger: Ledger

    def on_end(self, rollout: Rollout, now: datetime) -> tuple[Rollout, tuple[Put, ...]]:
        """Return the rollout that ends, with the revision that is locked, and the lock's row."""
        bad = self._bad(rollout)
        if bad is None:
            return rollout, ()
        told = replace(rollout, locked_revision=bad.number)
        lock = _lock(rollout, bad, now)
        open_ones = [stored.value for stored in self.store.readable_locks(rollout.cluster)]
        known = any((each.scope, each.bad) == (lock.scope, bad) for each in open_ones)
        return told, () if known else (Put(record=lock, rev=0),)

    def _bad(self, rollout: Rollout) -> BadRevision | None:
        """Return the revision that was left, when it is recorded and not what runs now."""
        if rollout.state is not RolloutState.ROLLED_BACK or rollout.service_id is None:
            return None
        left = past.left_by(rollout.kind, rollout.from_revision, rollout.to_revision)
        here = makes_current(rollout)
        history = self.ledger.read(rollout.cluster, rollout.service_id, rollout.service).value
        if left is None or here is None or left == here:
            return None
        entry, present = past.entry_of(history, left), past.entry_of(history, here)
        if entry is None or present is None:
            return None
        recorded = self.ledger.spec_of(history, left)
        return BadRevision(
            number=left,
            spec_hash=loose_hash(recorded.spec) if recorded is not None else "",
            image=entry.image if entry.image != present.image else "",
        )


def _lock(rollout: Rollout, bad: BadRevision, now: datetime) -> Lock:
    asked = rollout.request.by
    return Lock(
        id=f"l-{rollout.id}",
        cluster=rollout.cluster,
        scope=Scope(kind=ScopeKind.SERVICE, name=rollout.service),
        owner=Principal(team=asked.team, user=rollout.blame or asked.user),
        reason=of_bad(bad, rollout.id),
        since=now,
        channel=rollout.request.place.channel,
        automatic=True,
        bad=bad,
    )
