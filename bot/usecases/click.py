"""A click on a button becomes an action on a live rollout, or a confirming click on a change.

The button's value is an opaque id: everything else comes from the store, so a tampered value can at
most name another record, which passes the same rights again.
"""

import contextlib
from dataclasses import dataclass

from bot.domain.audit import What, audited
from bot.domain.change import TYPED_ONLY, Action, ActionKind, Change
from bot.domain.policy import Decision, Outcome
from bot.domain.request import Place, Principal, Request, Source
from bot.domain.rollout.record import Rollout
from bot.jobs import Job, JobName
from bot.ports import (
    Clock,
    ConflictError,
    Ids,
    JobQueue,
    Once,
    Put,
    RecordStore,
    StoreUnavailableError,
    Transaction,
)
from bot.usecases.gate import Circumstance, Gate
from bot.usecases.propose import ONCE_FOR, Ack, AckKind
from bot.usecases.rights import group_of_action, resource_of_subject


@dataclass(frozen=True, kw_only=True)
class Clicked:
    """One click. `delivery` is `(message ts, action id, action ts)` in one string."""

    action: str
    value: str
    by: Principal
    place: Place
    delivery: str


@dataclass(frozen=True, kw_only=True)
class Click:
    """Authorize, record, enqueue."""

    store: RecordStore
    queue: JobQueue
    clock: Clock
    ids: Ids
    gate: Gate

    def run(self, clicked: Clicked) -> Ack:
        """Return a private text for the person, empty when the message itself will show it."""
        try:
            kind = _button(clicked.action)
            subject = self._subject(kind, clicked.value)
        except ValueError:
            return Ack(kind=AckKind.ERROR, text="That button is not known any more.")
        except StoreUnavailableError:
            return _away()
        if subject is None:
            return Ack(kind=AckKind.ERROR, text="That message is too old: its record is gone.")
        try:
            decision = self._decision(kind, subject, clicked)
        except StoreUnavailableError:  # nobody can tell what is locked
            return _away()
        name = subject.service if isinstance(subject, Rollout) else subject.target
        if decision.outcome is Outcome.DENY:
            return self._deny(self._request(kind, subject, name, clicked), name, decision, clicked)
        return self._accept(kind, subject, name, clicked, decision)

    def _decision(self, kind: ActionKind, subject: Rollout | Change, clicked: Clicked) -> Decision:
        how = Circumstance(channel=clicked.place.channel)
        what = resource_of_subject(subject)
        return self.gate.decide(clicked.by, group_of_action(kind), what, how)

    def _subject(self, kind: ActionKind, value: str) -> Rollout | Change | None:
        if kind in {ActionKind.CONFIRM, ActionKind.CANCEL}:
            change = self.store.get(Change, value)
            return change.value if change else None
        rollout = self.store.get(Rollout, value)
        return rollout.value if rollout else None

    def _request(
        self, kind: ActionKind, subject: Rollout | Change, name: str, clicked: Clicked
    ) -> Request:
        return Request(
            id=self.ids.new("a"),
            cluster=subject.cluster,
            by=clicked.by,
            place=clicked.place,
            source=Source.BUTTON,
            line=f"{kind.value.replace('_', ' ')} {name}",
            command={},
            accepted_at=self.clock.now(),
        )

    def _deny(self, request: Request, name: str, decision: Decision, clicked: Clicked) -> Ack:
        """Say no, and leave that in the audit log; nothing else is recorded."""
        entry = audited(request, What.DENIED, target=name, decision=decision)
        once = Once(key=clicked.delivery, value=request.id, ttl=ONCE_FOR)
        with contextlib.suppress(ConflictError, StoreUnavailableError):
            # a repeated click was noted already; without Redis it is refused all the same
            self.store.commit(Transaction(cluster=request.cluster, audit=(entry,), once=(once,)))
        why = f"Not allowed: {decision.why}. Nothing was changed."
        return Ack(kind=AckKind.REFUSED, text=why)

    def _accept(
        self,
        kind: ActionKind,
        subject: Rollout | Change,
        name: str,
        clicked: Clicked,
        decision: Decision,
    ) -> Ack:
        request = self._request(kind, subject, name, clicked)
        action = Action(
            id=request.id,
            cluster=subject.cluster,
            kind=kind,
            request=request,
            subject=subject.id,
            service=name,
        )
        once = Once(key=clicked.delivery, value=request.id, ttl=ONCE_FOR)
        write = Transaction(
            cluster=subject.cluster,
            puts=(Put(record=action, rev=0),),
            once=(once,),
            audit=(audited(request, What.ACCEPTED, decision=decision),),
        )
        try:
            self.store.commit(write)
        except ConflictError:
            return Ack(kind=AckKind.REPEATED, text="", verb=kind.value)
        except StoreUnavailableError:
            return _away()
        with contextlib.suppress(StoreUnavailableError):
            # the record stands; the steward's reconciler enqueues it again within seconds
            self.queue.enqueue(Job(name=JobName.ACT, cluster=action.cluster, subject=action.id))
        return Ack(kind=AckKind.ACCEPTED, text="", verb=kind.value, ids=(action.id,))


def _button(word: str) -> ActionKind:
    """Return what a button does.

    Raises:
        ValueError: there is no such button.
    """
    kind = ActionKind(word)
    if kind in TYPED_ONLY:
        raise ValueError(word)
    return kind


def _away() -> Ack:
    return Ack(
        kind=AckKind.UNAVAILABLE,
        text="Waggle's store (Redis) does not answer. Look at the message, then click again.",
    )
