"""Records as JSON, and what the indexes must know of each: open or ended, kept or forgotten."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pydantic import TypeAdapter

from bot.domain.approval import Approval
from bot.domain.change import Action, Change, ChangeState, DoneState, Query
from bot.domain.lock import Lock
from bot.domain.message import Message
from bot.domain.notice import Circulation
from bot.domain.outbox import due_at
from bot.domain.policy_version import PolicyVersion
from bot.domain.revision import History, RevisionSpec
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.state import FINAL
from bot.domain.subscription import Subscription
from bot.ports import Record

KEPT_AFTER_END: Final = timedelta(days=90)
"""How long a record that has ended stays readable (`rollouts`, `history`)."""

NEVER_A_ROLLOUT: Final = frozenset(
    {RolloutState.REFUSED, RolloutState.UNCHANGED, RolloutState.SHOWN}
)
"""States that end a command which never became a rollout."""

_OPEN_CHANGE: Final = frozenset(
    {ChangeState.ACCEPTED, ChangeState.AWAITING, ChangeState.CONFIRMING, ChangeState.APPLYING}
    | {ChangeState.DRAINING, ChangeState.STALLED, ChangeState.RETURNING}
)


@dataclass(frozen=True)
class Kind:
    """A kind of record: its word in Redis keys, and how it becomes JSON and back."""

    word: str
    adapter: TypeAdapter[Any]


KINDS: Final[dict[type[Record], Kind]] = {
    kind: Kind(word, TypeAdapter(kind))
    for kind, word in (
        (Rollout, "rollout"),
        (Change, "change"),
        (Action, "action"),
        (Query, "query"),
        (Approval, "approval"),
        (Message, "message"),
        (History, "history"),
        (RevisionSpec, "revision"),
        (Lock, "lock"),
        (Circulation, "circulation"),
        (Subscription, "subscription"),
        (PolicyVersion, "policy"),
    )
}


def kind_of(record: Record) -> Kind:
    """Return the kind of a record."""
    return KINDS[type(record)]


def to_json(record: Record) -> bytes:
    """Return the record as JSON."""
    return kind_of(record).adapter.dump_json(record)


def from_json(kind: type[Record], document: bytes) -> Any:
    """Return the record that `to_json` wrote.

    Fields that a newer version added are ignored, so that an older process can still read it.
    """
    return KINDS[kind].adapter.validate_json(document)


def is_open(record: Record) -> bool:
    """Return whether work on the record may still be due.

    A completed rollout that is still watched (Swarm may yet pause or roll back) stays open.
    """
    match record:
        case Rollout():
            return record.state not in FINAL or record.watch_until is not None
        case Change():
            return record.state in _OPEN_CHANGE
        case Action() | Query():
            return record.state is DoneState.ACCEPTED
        case Lock() | Subscription() | Approval():
            return record.ended_at is None
        case Message():
            return due_at(record) is not None
    return not isinstance(record, Circulation)


def is_forgettable(record: Record) -> bool:
    """Return whether the record may be forgotten some time after this write.

    Histories and revisions never are: any revision can be gone back to. Nor is which rules are in
    force: what comes next is compared with it. The parent of a rollout
    that still goes on must be found again, however long it pauses.
    """
    match record:
        case History() | RevisionSpec() | PolicyVersion():
            return False
        case Message() if not record.final and record.dead is None:
            in_thread = record.address.thread_of is not None
            private = record.address.private_to is not None
            return (in_thread or private) and not is_open(record)
    return not is_open(record)


def began_at(
    record: Rollout | Change | Action | Query | Approval | Lock | Subscription,
) -> float:
    """Return the score that sorts records by age: when the command was accepted, epoch seconds."""
    if isinstance(record, Lock | Subscription):
        return record.since.timestamp()
    return record.request.accepted_at.timestamp()
