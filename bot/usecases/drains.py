"""A person acts on a drain that is followed: stops following it, or keeps waiting."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.audit import What, audited
from bot.domain.change import FOLLOWED, UNDER_WAY, Action, ActionKind, Change, ChangeState
from bot.domain.policy import Outcome, VerbGroup
from bot.domain.reply import Refusal, Reply, Said
from bot.ports import (
    Clock,
    ConflictError,
    Put,
    RecordStore,
    Stored,
    Transaction,
    UnreadableRecordError,
)
from bot.usecases.gate import Circumstance, Gate
from bot.usecases.refusals import not_allowed
from bot.usecases.rights import resource_of_subject
from bot.usecases.speak import Fault, Pointer, Scribe, no_fault, parent_id, try_now

ON_DRAINS = frozenset({ActionKind.ABORT, ActionKind.KEEP_WAITING})
"""What can be done about one; the rest is about rollouts alone."""

_TRIES = 8
Close = Callable[[Reply, datetime], tuple[Put, ...]]


def drain_named(store: RecordStore, cluster: str, ref: str) -> Change | None:
    """Return the drain that is meant by its own id (ended or not), or a live one by its node.

    Raises:
        StoreUnavailableError: Redis is away.
    """
    if ref.startswith("c-"):
        try:
            stored = store.get(Change, ref)
        except UnreadableRecordError:
            return None
        if stored is not None and stored.value.drain is not None:
            return stored.value
    for found in store.get_many(Change, store.open_ids(cluster, Change)):
        change = found.value
        if change.state in FOLLOWED and ref in {change.target, change.target_id}:
            return change
    return None


def drains_under_way(store: RecordStore, cluster: str) -> list[Change]:
    """Return the drains that go on, the oldest first.

    Raises:
        StoreUnavailableError: Redis is away.
    """
    found = store.get_many(Change, store.open_ids(cluster, Change))
    return [each.value for each in found if each.value.drain and each.value.state in UNDER_WAY]


@dataclass(frozen=True, kw_only=True)
class DrainActs:
    """Decide, act, and close the action in the same transaction."""

    store: RecordStore
    scribe: Scribe
    speaker: Pointer
    gate: Gate
    clock: Clock
    fault: Fault = no_fault

    def act(self, change_id: str, action: Action, close: Close) -> None:
        """Carry the action out. Run again, it finds the action closed."""
        for _ in range(_TRIES):
            stored = self.store.get(Change, change_id)
            if stored is None:
                return
            try:
                self._try(stored, action, close)
            except ConflictError:
                continue
            self.fault("drain_act.after_commit")
            try_now(self.store, self.speaker, parent_id(change_id))
            return

    def _try(self, stored: Stored[Change], action: Action, close: Close) -> None:
        change, now, by = stored.value, self.clock.now(), action.request.by
        how = Circumstance(channel=action.request.place.channel, sends_nothing=True)
        decision = self.gate.decide(by, VerbGroup.NODE, resource_of_subject(change), how)
        no = not_allowed(decision.why) if decision.outcome is Outcome.DENY else None
        no = no or _objection(change, action.kind)
        if no is not None:
            said = (audited(action.request, What.REFUSED, decision=decision),)
            rows = close(no, now)
            self.store.commit(Transaction(cluster=change.cluster, puts=rows, audit=said))
            return
        after, word = _acted(change, action, now)
        told = close(Said(text=f"{word} {change.target} ({change.id})."), now)
        puts = (Put(record=after, rev=stored.rev), *self.scribe.change(after, now), *told)
        self.store.commit(Transaction(cluster=change.cluster, puts=puts))


def _objection(change: Change, kind: ActionKind) -> Refusal | None:
    if change.state not in FOLLOWED:
        return Refusal(why=f"{change.id} is {change.state.value} already.")
    if kind is ActionKind.KEEP_WAITING and change.state is not ChangeState.STALLED:
        return Refusal(why=f"The drain of {change.target} ({change.id}) is not stalled.")
    return None


def _acted(change: Change, action: Action, now: datetime) -> tuple[Change, str]:
    if action.kind is ActionKind.ABORT:
        why = f"<@{action.request.by.user}> stopped following it"
        over = replace(change, state=ChangeState.ABORTED, reason=why, ended_at=now, touched_at=now)
        return over, "No longer following the drain of"
    drain = change.drain
    if drain is not None:
        drain = replace(drain, progress_at=now, unseen=False, silent_since=None)
    going = replace(change, state=ChangeState.DRAINING, drain=drain, touched_at=now)
    return going, "Going on waiting for the drain of"
