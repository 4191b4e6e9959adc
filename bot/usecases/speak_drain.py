"""A drain's thread: its progress, edited in place; calls for help; its end.

All of it follows from the record, and each message has an id of its own: a repeated commit says
nothing twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from bot.domain.change import Change, ChangeState
from bot.domain.message import Address, Message, Urgency
from bot.domain.rollout.note import NoteKind

_ENDED = frozenset({ChangeState.APPLIED, ChangeState.FAILED, ChangeState.ABORTED})
Write = Callable[[Change, NoteKind, str, Address], Message]
"""Makes a row of the outbox: its id is the third, its place the last."""

Row = tuple[Message, bool]
"""A message, and whether it is edited once it stands."""


def drain_rows(change: Change, write: Write) -> Iterator[Row]:
    """Yield what the thread should hold by now; nothing before the drain has begun."""
    drain = change.drain
    if drain is None or drain.began_at is None:
        return
    thread = Address(channel=change.request.place.channel, thread_of=f"{change.id}.parent")
    loud = replace(thread, broadcast=True)
    progress = write(change, NoteKind.PROGRESS, f"{change.id}.progress", thread)
    yield replace(progress, urgency=Urgency.PROGRESS), True
    if _calls_for_help(change):
        stalled = write(change, NoteKind.STALLED, f"{change.id}.stalled-{drain.stalls}", loud)
        yield replace(stalled, urgency=Urgency.HELP), False
    if change.state in _ENDED:
        ended = write(change, NoteKind.ENDED, f"{change.id}.ended", loud)
        yield replace(ended, urgency=Urgency.FINAL, final=True), False


def urgency_of(change: Change) -> Urgency:
    """Return how soon the one message has to show a drain's state."""
    if _calls_for_help(change):
        return Urgency.HELP
    return Urgency.PROGRESS if change.state is ChangeState.DRAINING else Urgency.NORMAL


def _calls_for_help(change: Change) -> bool:
    """Return whether people are to come; also where it is over, and its node not active again."""
    drain = change.drain
    late = change.state is ChangeState.RETURNING and drain is not None and drain.unseen
    return change.state is ChangeState.STALLED or late
