"""A click on a button becomes an action: on a live rollout, a change, a request for approval.

The button's value is an opaque id: everything else comes from the store, so a tampered value can at
most name another record, which passes the same rights again.
"""

import contextlib
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.domain.approval import Approval
from bot.domain.change import Action, ActionKind, Change
from bot.domain.grammar.build import LONGEST_REASON
from bot.domain.policy import Outcome
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
    Stored,
    StoreUnavailableError,
    Transaction,
)
from bot.usecases.approval_desk import ApprovalDesk
from bot.usecases.gate import Circumstance, Gate
from bot.usecases.mandate import Word
from bot.usecases.propose import ONCE_FOR, Ack, AckKind
from bot.usecases.rights import group_on, resource_of_subject

T = TypeVar("T")
Subject = Rollout | Change | Approval
_ON_CHANGES = frozenset({ActionKind.CONFIRM, ActionKind.CANCEL})
_ON_APPROVALS = frozenset(
    {ActionKind.APPROVE, ActionKind.REJECT, ActionKind.CANCEL_REQUEST, ActionKind.PLAN_AGAIN}
)


@dataclass(frozen=True, kw_only=True)
class Clicked:
    """One click. `delivery` is `(message ts, action id, action ts)` in one string.

    Attributes:
        words: what was typed with it (the reason of a no, from the modal).
        place: without a channel after a modal: then it is where the request stands.
    """

    action: str
    value: str
    by: Principal
    place: Place
    delivery: str
    words: str = ""


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
        found = self._checked(clicked)
        if isinstance(found, Ack):
            return found
        kind, subject, place = found
        if kind is ActionKind.REJECT and not clicked.words.strip():
            return Ack(kind=AckKind.ERROR, text="A no needs a reason. Nothing was changed.")
        if len(clicked.words) > LONGEST_REASON:
            text = f"The reason is too long: {LONGEST_REASON} characters are the most."
            return Ack(kind=AckKind.ERROR, text=text)
        return self._accept(kind, subject, replace(clicked, place=place))

    def check(self, clicked: Clicked) -> Ack:
        """Say what `run` would object to, and record nothing: asked before a modal is opened."""
        found = self._checked(clicked)
        return found if isinstance(found, Ack) else Ack(kind=AckKind.ACCEPTED, text="")

    def _checked(self, clicked: Clicked) -> tuple[ActionKind, Subject, Place] | Ack:
        try:
            kind = ActionKind(clicked.action)
            subject = self._subject(kind, clicked.value)
        except ValueError:
            return Ack(kind=AckKind.ERROR, text="That button is not known any more.")
        except StoreUnavailableError:
            return _away()
        if subject is None:
            return Ack(kind=AckKind.ERROR, text="That message is too old: its record is gone.")
        place = clicked.place if clicked.place.channel else _channel_of(subject)
        if objection := self._objection(kind, subject, clicked, place):
            return Ack(kind=AckKind.REFUSED, text=objection)
        return kind, subject, place

    def _subject(self, kind: ActionKind, value: str) -> Subject | None:
        found: Subject | None
        if kind in _ON_CHANGES:
            return _value(self.store.get(Change, value))
        if kind in _ON_APPROVALS:
            return _value(self.store.get(Approval, value))
        if kind is ActionKind.REVIEW and (found := _value(self.store.get(Change, value))):
            return found
        return _value(self.store.get(Rollout, value))

    def _objection(self, kind: ActionKind, subject: Subject, clicked: Clicked, place: Place) -> str:
        """Return why the person may not; of a request for approval also why it does not count."""
        if isinstance(subject, Approval) and kind is not ActionKind.PLAN_AGAIN:
            said = Word(kind=kind, by=clicked.by, channel=place.channel)
            return ApprovalDesk(store=self.store, gate=self.gate).objection(subject, said)
        group = group_on(kind, subject, clicked.by)
        how = Circumstance(channel=place.channel)
        decision = self.gate.decide(clicked.by, group, resource_of_subject(subject), how)
        if decision.outcome is not Outcome.DENY:
            return ""
        return f"Not allowed: {decision.why}. Nothing was changed."

    def _accept(self, kind: ActionKind, subject: Subject, clicked: Clicked) -> Ack:
        name = subject.service if isinstance(subject, Rollout) else subject.target
        request = Request(
            id=self.ids.new("a"),
            cluster=subject.cluster,
            by=clicked.by,
            place=clicked.place,
            source=Source.BUTTON,
            line=f"{kind.value.replace('_', ' ')} {name}",
            command={},
            accepted_at=self.clock.now(),
        )
        action = Action(
            id=request.id,
            cluster=subject.cluster,
            kind=kind,
            request=request,
            subject=subject.id,
            service=name,
            words=clicked.words.strip(),
        )
        once = Once(key=clicked.delivery, value=request.id, ttl=ONCE_FOR)
        write = Transaction(
            cluster=subject.cluster, puts=(Put(record=action, rev=0),), once=(once,)
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


def _value(stored: Stored[T] | None) -> T | None:
    return stored.value if stored else None


def _channel_of(subject: Subject) -> Place:
    """Return where the message stands: what comes from a modal says no channel."""
    return Place(channel=subject.request.place.channel)


def _away() -> Ack:
    return Ack(
        kind=AckKind.UNAVAILABLE,
        text="Waggle's store (Redis) does not answer. Look at the message, then click again.",
    )
