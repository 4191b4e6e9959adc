"""A click on a button becomes an action: on a live rollout, a change, a request for approval.

The button's value is an opaque id: everything else comes from the store, so a tampered value can at
most name another record, which passes the same rights again.
"""

import contextlib
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.domain.approval import Approval
from bot.domain.audit import What, audited
from bot.domain.change import TYPED_ONLY, Action, ActionKind, Change
from bot.domain.errors import UserError
from bot.domain.flags.verb import VerbClass
from bot.domain.grammar.build import LONGEST_REASON
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
    Roster,
    Stored,
    StoreUnavailableError,
    Transaction,
)
from bot.usecases.approval_desk import ApprovalDesk, denied
from bot.usecases.clusters import Clusters
from bot.usecases.denials import note_denial
from bot.usecases.gate import Gate
from bot.usecases.mandate import Word
from bot.usecases.propose import ONCE_FOR, Ack, AckKind
from bot.usecases.rights import NEVER_LATE, circumstance_of, group_on, resource_of_subject

T = TypeVar("T")
Subject = Rollout | Change | Approval
_ON_CHANGES = frozenset({ActionKind.CONFIRM, ActionKind.CANCEL})
_ON_EITHER = frozenset({ActionKind.REVIEW, ActionKind.ABORT, ActionKind.KEEP_WAITING})
"""What rollouts and changes have in common: a drain is followed as a rollout is."""

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
class Found:
    """What a click is about, and what the rules say of it."""

    kind: ActionKind
    subject: Subject
    place: Place
    decision: Decision

    @property
    def name(self) -> str:
        """The service, node or network that it is about."""
        return self.subject.service if isinstance(self.subject, Rollout) else self.subject.target

    @property
    def refusal(self) -> Ack:
        """The answer to a click that is not allowed."""
        return Ack(kind=AckKind.REFUSED, text=denied(self.decision))


@dataclass(frozen=True, kw_only=True)
class Click:
    """Authorize, record, enqueue.

    Attributes:
        clusters: the swarms that ever had a worker, and who of it is there.
    """

    store: RecordStore
    queue: JobQueue
    clock: Clock
    ids: Ids
    gate: Gate
    clusters: Roster

    def run(self, clicked: Clicked) -> Ack:
        """Return a private text for the person, empty when the message itself will show it.

        That nobody is there to carry it out is said: the message shows nothing then.
        """
        found = self._checked(clicked)
        if isinstance(found, Ack):
            return found
        if found.decision.outcome is Outcome.DENY:
            return self._deny(found, clicked)
        if found.kind is ActionKind.REJECT and not clicked.words.strip():
            return Ack(kind=AckKind.ERROR, text="A no needs a reason. Nothing was changed.")
        if len(clicked.words) > LONGEST_REASON:
            text = f"The reason is too long: {LONGEST_REASON} characters are the most."
            return Ack(kind=AckKind.ERROR, text=text)
        return self._accept(found, clicked)

    def check(self, clicked: Clicked) -> Ack:
        """Say what `run` would object to, and record nothing: asked before a modal is opened."""
        found = self._checked(clicked)
        if isinstance(found, Ack):
            return found
        if found.decision.outcome is Outcome.DENY:
            return found.refusal
        return Ack(kind=AckKind.ACCEPTED, text="")

    def _checked(self, clicked: Clicked) -> Found | Ack:
        """Return what is clicked on and what the rules say of it, or why it cannot be."""
        try:
            kind = _button(clicked.action)
            subject = self._subject(kind, clicked.value)
            if subject is None:
                text = "That message is too old: its record is gone."
                return Ack(kind=AckKind.ERROR, text=text)
            place = clicked.place if clicked.place.channel else _channel_of(subject)
            decision = self._decision(kind, subject, replace(clicked, place=place))
        except ValueError:
            return Ack(kind=AckKind.ERROR, text="That button is not known any more.")
        except UserError as error:
            return Ack(kind=AckKind.ERROR, text=error.full_text)
        except StoreUnavailableError:  # also: nobody can tell what is locked
            return _away()
        return Found(kind=kind, subject=subject, place=place, decision=decision)

    def _subject(self, kind: ActionKind, value: str) -> Subject | None:
        found: Subject | None
        if kind in _ON_CHANGES:
            return _value(self.store.get(Change, value))
        if kind in _ON_APPROVALS:
            return _value(self.store.get(Approval, value))
        if kind in _ON_EITHER and (found := _value(self.store.get(Change, value))):
            return found
        return _value(self.store.get(Rollout, value))

    def _decision(self, kind: ActionKind, subject: Subject, clicked: Clicked) -> Decision:
        """Decide whether the person may; of a request for approval also whether it counts."""
        if isinstance(subject, Approval) and kind is not ActionKind.PLAN_AGAIN:
            said = Word(kind=kind, by=clicked.by, channel=clicked.place.channel)
            desk = ApprovalDesk(store=self.store, gate=self.gate)
            return desk.judged(subject, said)
        group = group_on(kind, subject, clicked.by)
        how = circumstance_of(kind, clicked.place.channel)
        what = replace(resource_of_subject(subject), extent=None)
        return self.gate.decide(clicked.by, group, what, how)

    def _request(self, found: Found, clicked: Clicked) -> Request:
        return Request(
            id=self.ids.new("a"),
            cluster=found.subject.cluster,
            by=clicked.by,
            place=found.place,
            source=Source.BUTTON,
            line=f"{found.kind.value.replace('_', ' ')} {found.name}",
            command={},
            accepted_at=self.clock.now(),
        )

    def _deny(self, found: Found, clicked: Clicked) -> Ack:
        """Say no, and leave that in the audit log; nothing else is recorded."""
        request = self._request(found, clicked)
        once = Once(key=clicked.delivery, value=request.id, ttl=ONCE_FOR)
        first = note_denial(self.store, request, found.name, found.decision, once)
        if first and self._was_accepted(first):
            # delivered again: what its first delivery has brought about is no reason to refuse it
            return Ack(kind=AckKind.REPEATED, text="", verb=found.kind.value)
        return found.refusal

    def _was_accepted(self, action_id: str) -> bool:
        try:
            return self.store.get(Action, action_id) is not None
        except StoreUnavailableError:
            return False

    def _accept(self, found: Found, clicked: Clicked) -> Ack:
        request, kind = self._request(found, clicked), found.kind
        action = Action(
            id=request.id,
            cluster=request.cluster,
            kind=kind,
            request=request,
            subject=found.subject.id,
            service=found.name,
            words=clicked.words.strip(),
        )
        once = Once(key=clicked.delivery, value=request.id, ttl=ONCE_FOR)
        write = Transaction(
            cluster=request.cluster,
            puts=(Put(record=action, rev=0),),
            once=(once,),
            audit=(audited(request, What.ACCEPTED, decision=found.decision),),
        )
        away = self._nobody(action)
        try:
            self.store.commit(write)
        except ConflictError:
            return Ack(kind=AckKind.REPEATED, text=away, verb=kind.value, away=away)
        except StoreUnavailableError:
            return _away()
        with contextlib.suppress(StoreUnavailableError):
            # the record stands; the steward's reconciler enqueues it again within seconds
            self.queue.enqueue(Job(name=JobName.ACT, cluster=action.cluster, subject=action.id))
        return Ack(kind=AckKind.ACCEPTED, text=away, verb=kind.value, ids=(action.id,), away=away)

    def _nobody(self, action: Action) -> str:
        """Return that nobody is there to do it; what cannot be looked up is not said."""
        try:
            known = Clusters(gate=self.gate, roster=self.clusters)
            whenever = action.kind in NEVER_LATE
            return known.away(action.cluster, VerbClass.ACTION, whenever=whenever)
        except StoreUnavailableError:
            return ""


def _button(action: str) -> ActionKind:
    """Return what a button does.

    Raises:
        ValueError: there is no such button.
    """
    kind = ActionKind(action)
    if kind in TYPED_ONLY:
        raise ValueError(action)
    return kind


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
