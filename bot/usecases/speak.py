"""State becomes rows of the outbox, in the same transaction as the state itself.

Nothing here talks to Slack: a row says what a message should look like now, and the speaker makes
it so, after a kill or an outage too.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.approval import Approval, ApprovalNote, ApprovalState, notes_of
from bot.domain.change import Change, ChangeState
from bot.domain.message import Address, Content, Message, Urgency
from bot.domain.outbox import content_hash
from bot.domain.reply import Paged, Refusal, Reply
from bot.domain.request import Place, Request, Source
from bot.domain.rollout.glass import is_to_be_reviewed
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.state import FINAL
from bot.ports import Put, RecordStore, Voice
from bot.usecases.signpost import signpost
from bot.usecases.speak_drain import drain_rows, urgency_of

EDIT_EVERY = timedelta(seconds=2.5)
"""Progress edits of a parent come at least so far apart, finals at once: all rollouts of a
workspace share about 50 edits a minute (Slack docs, chat.update)."""

REWORD_EVERY = timedelta(seconds=5)
"""The same for the progress in the thread: who reads it can wait a little longer."""

HELD_EVERY = timedelta(seconds=30)
"""The same while paused or stalled, perhaps for days: tasks that restart come and go, no more."""

IN_FORM = "in_form"
"""Why an answer is sent nowhere: the bot shows it in the form that asked for it."""

OVERTAKEN = "overtaken"
"""Why a progress message that was never shown is dead: something newer was said."""

_CALLS_FOR_HELP = frozenset({RolloutState.PAUSED, RolloutState.STALLED})
_ENDED_CHANGE = frozenset(
    {ChangeState.APPLIED, ChangeState.FAILED, ChangeState.CANCELLED, ChangeState.REFUSED}
    | {ChangeState.ABORTED}
)
Fault = Callable[[str], None]
"""A named place where a test may kill the process."""


Notices = Callable[[Rollout, Rollout, datetime], tuple[Put, ...]]
"""Makes the rows by which other channels hear of a rollout's new state (bot.usecases.herald)."""


def no_notices(before: Rollout, after: Rollout, now: datetime) -> tuple[Put, ...]:
    """Tell no other channel."""
    del before, after, now
    return ()


ChangeNotices = Callable[[Change, datetime], tuple[Put, ...]]
"""The same of a one-step change."""


def no_change_notices(change: Change, now: datetime) -> tuple[Put, ...]:
    """Tell no other channel."""
    del change, now
    return ()


def no_fault(point: str) -> None:
    """Go on: the fault hook of a process in use."""
    del point


class Mouth(Protocol):
    """The speaker, as far as a use case needs it: try one row now."""

    def flush_one(self, message_id: str) -> object:
        """Make Slack show what the row wants, if that can be done now. Never raises for Slack.

        Raises:
            KeyError: there is no such row.
            StoreUnavailableError: Redis is away.
        """
        ...


class Pointer(Mouth, Protocol):
    """The same, and able to say where in Slack a row is shown."""

    def link_to(self, message_id: str) -> str:
        """Return the address of a row's message, empty when Slack does not say.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        ...


def parent_id(subject: str) -> str:
    """Return the outbox id of the one message of a rollout, a change or an approval."""
    return f"{subject}.parent"


def review_id(subject: str) -> str:
    """Return the outbox id of what asks people to review a change."""
    return f"{subject}.review"


def private_id(subject: str) -> str:
    """Return the outbox id of the private answer to a request."""
    return f"{subject}.private"


def closed_door(message: Message | None) -> str | None:
    """Return Slack's word when the row cannot be posted because of the channel, else None."""
    return message.dead if message and message.sent is None and message.dead else None


def try_now(store: RecordStore, mouth: Mouth, message_id: str) -> None:
    """Try a row if there is one and it lives; the steward repeats it if Slack is away."""
    row = store.get(Message, message_id)
    if row is not None and row.value.dead is None:
        mouth.flush_one(message_id)


@dataclass(frozen=True, kw_only=True)
class Scribe:
    """Writes the rows that go with a record. Reads the rows that exist for their revisions.

    Attributes:
        notices: what other channels are told of a rollout.
        change_notices: the same of a one-step change.
    """

    store: RecordStore
    voice: Voice
    notices: Notices = no_notices
    change_notices: ChangeNotices = no_change_notices

    def rollout(
        self, before: Rollout, after: Rollout, notes: Sequence[Note], now: datetime
    ) -> tuple[Rollout, tuple[Put, ...]]:
        """Return the rollout (its notes counted) and the rows of its parent and its thread.

        A note's id follows from the count, so a repeated commit cannot say anything twice. The
        progress is one message, edited in place as long as nothing else was said after it.
        """
        number, progress = before.notes, before.progress_note
        puts: list[Put] = []
        for note in notes:
            if not _is_told(after, note):
                continue
            in_place = note.kind is NoteKind.PROGRESS and 0 < progress == number
            if in_place:
                puts += self._reworded(after, note, number, now)
                continue
            puts += self._settled(after, number if progress == number else 0, now)
            number += 1
            puts.append(self._note(after, note, number, now))
            progress = number if note.kind is NoteKind.PROGRESS else progress
        after = replace(after, notes=number, progress_note=progress)
        parent = self._parent(before, after, now)
        told = (*self.review(after, now), *self.notices(before, after, now))
        return after, (*puts, *((parent,) if parent else ()), *told)

    def approval(self, approval: Approval, now: datetime) -> tuple[Put, ...]:
        """Return the rows of a request's one message, and of what its thread should hold by now."""
        row = new_row(
            parent_id(approval.id),
            approval.request,
            self.voice.approval(approval),
            Address(channel=approval.request.place.channel),
            now,
        )
        final = approval.state is not ApprovalState.PENDING
        row = replace(
            row,
            subject=approval.id,
            urgency=Urgency.FINAL if final else Urgency.NORMAL,
            final=final,
            linked=True,
            # its metadata names nobody: who asked is told the end directly if the channel is gone
            extra={"requester": approval.request.by.user},
        )
        put = self._upsert(row, now)
        notes = (self._approval_note(approval, note, now) for note in notes_of(approval))
        return (*((put,) if put else ()), *(note for note in notes if note))

    def _approval_note(self, approval: Approval, note: ApprovalNote, now: datetime) -> Put | None:
        name = f"{approval.id}.{note.value}"
        if self.store.get(Message, name) is not None:
            return None  # once said, it stands
        where = Address(channel=approval.request.place.channel, thread_of=parent_id(approval.id))
        row = new_row(name, approval.request, self.voice.approval_note(approval, note), where, now)
        urgency = Urgency.NORMAL if note is ApprovalNote.DETAILS else Urgency.HELP
        return Put(record=replace(row, subject=approval.id, urgency=urgency, final=True), rev=0)

    def review(self, subject: Rollout | Change, now: datetime) -> tuple[Put, ...]:
        """Return the row that asks for people after the glass was broken, if it is time."""
        if not is_to_be_reviewed(subject):
            return ()
        where = Address(
            channel=subject.request.place.channel,
            thread_of=parent_id(subject.id),
            broadcast=True,
        )
        row = new_row(
            review_id(subject.id), subject.request, self.voice.review(subject), where, now
        )
        put = self._upsert(replace(row, urgency=Urgency.HELP, final=True), now)
        return (put,) if put else ()

    def change(self, change: Change, now: datetime) -> tuple[Put, ...]:
        """Return the row of a one-step change's one message, and of a drain's thread."""
        content = self.voice.change(change)
        final = change.state in _ENDED_CHANGE
        row = new_row(
            parent_id(change.id),
            change.request,
            content,
            Address(channel=change.request.place.channel),
            now,
        )
        urgency = Urgency.FINAL if final else urgency_of(change)
        put = self._upsert(replace(row, urgency=urgency, final=final, linked=True), now)
        told = (*self.review(change, now), *self.change_notices(change, now))
        return (*((put,) if put else ()), *self._drain(change, now), *told)

    def _drain(self, change: Change, now: datetime) -> Iterator[Put]:
        def written(what: Change, kind: NoteKind, name: str, where: Address) -> Message:
            content = self.voice.change_note(what, kind)
            return replace(new_row(name, what.request, content, where, now), subject=what.id)

        for row, is_edited in drain_rows(change, written):
            if is_edited or self.store.get(Message, row.id) is None:
                put = self._upsert(row, now, REWORD_EVERY)
                yield from (put,) if put else ()

    def private(self, request: Request, reply: Reply, now: datetime) -> tuple[Put, ...]:
        """Return the row of the private answer; once given it is not changed.

        A page that was asked for by a button takes the place of the one that had it.
        """
        if self.store.get(Message, private_id(request.id)) is not None:
            return ()
        row = new_row(
            private_id(request.id),
            request,
            self.voice.private(reply),
            private_address(request.place, request.by.user),
            now,
        )
        turned = isinstance(reply, Paged) and request.source is Source.BUTTON
        where = replace(row.address, replaces=turned)
        row = replace(row, address=where, urgency=Urgency.ANSWER, final=True)
        if request.place.in_form:
            about = reply.about if isinstance(reply, Refusal) else ""
            return (Put(record=replace(row, dead=IN_FORM, extra={"about": about}), rev=0),)
        return (Put(record=row, rev=0), *signpost(row))

    def _reworded(
        self, rollout: Rollout, note: Note, number: int, now: datetime
    ) -> tuple[Put, ...]:
        fresh = self._note(rollout, note, number, now).record
        put = self._upsert(fresh, now, REWORD_EVERY) if isinstance(fresh, Message) else None
        return (put,) if put else ()

    def _settled(self, rollout: Rollout, number: int, now: datetime) -> tuple[Put, ...]:
        """Leave the thread's progress as it is now, before something else is said after it.

        Progress that was never shown is dropped: what comes now must not wait behind it.
        """
        stored = self.store.get(Message, f"{rollout.id}.{number}") if number else None
        if stored is None:
            return ()
        row = stored.value
        if row.dead is not None:
            return ()
        if row.sent is not None or row.posting_since is not None:
            return self._reworded(rollout, Note(kind=NoteKind.PROGRESS), number, now)
        return (Put(record=replace(row, dead=OVERTAKEN), rev=stored.rev),)

    def _note(self, rollout: Rollout, note: Note, number: int, now: datetime) -> Put:
        address = Address(
            channel=rollout.request.place.channel,
            thread_of=parent_id(rollout.id),
            broadcast=note.broadcast,
        )
        content = self.voice.note(rollout, note)
        row = new_row(f"{rollout.id}.{number}", rollout.request, content, address, now)
        urgency = Urgency.NORMAL
        if note.kind is NoteKind.ENDED:
            urgency = Urgency.FINAL
        elif note.broadcast:
            urgency = Urgency.HELP
        elif note.kind is NoteKind.PROGRESS:
            urgency = Urgency.PROGRESS
        return Put(
            record=replace(
                row, urgency=urgency, final=urgency is Urgency.FINAL, subject=rollout.id
            ),
            rev=0,
        )

    def _parent(self, before: Rollout, rollout: Rollout, now: datetime) -> Put | None:
        content = self.voice.parent(rollout)
        address = Address(channel=rollout.request.place.channel)
        row = new_row(parent_id(rollout.id), rollout.request, content, address, now)
        final, held = rollout.state in FINAL, rollout.state in _CALLS_FOR_HELP
        urgency = Urgency.PROGRESS
        if final:
            urgency = Urgency.FINAL
        elif rollout.state is not before.state:
            urgency = Urgency.HELP if held else Urgency.NORMAL
        row = replace(row, urgency=urgency, final=final, linked=True)
        return self._upsert(row, now, HELD_EVERY if held else EDIT_EVERY)

    def _upsert(self, row: Message, now: datetime, every: timedelta = EDIT_EVERY) -> Put | None:
        stored = self.store.get(Message, row.id)
        if stored is None:
            return Put(record=replace(row, urgency=min(row.urgency, Urgency.NORMAL)), rev=0)
        old = stored.value
        if old.wanted_hash == row.wanted_hash and old.final == row.final:
            return None
        wait, urgency = old.not_before, row.urgency
        if urgency is not Urgency.PROGRESS:
            wait = None
        elif old.sent is None or old.sent.content_hash != old.wanted_hash:
            urgency = min(old.urgency, urgency)  # what waits to be shown does not step back
        else:
            wait = max(old.sent.at + every, old.not_before or now)
        merged = replace(
            old,
            wanted=row.wanted,
            wanted_hash=row.wanted_hash,
            urgency=urgency,
            final=row.final,
            not_before=wait,
            tries=0,
        )
        return Put(record=merged, rev=stored.rev)


def _is_told(rollout: Rollout, note: Note) -> bool:
    # --detach: the parent and its end (and a call for help), no thread progress
    return not rollout.detach or note.broadcast


def private_address(place: Place, user: str) -> Address:
    """Return where a private word to a person goes: the place where they asked."""
    return Address(
        channel=place.channel,
        thread_ts=place.thread_ts,
        private_to=user,
        response_url=place.response_url,
    )


def new_row(
    message_id: str, request: Request, content: Content, address: Address, now: datetime
) -> Message:
    """Return a row of the outbox that nobody has seen yet."""
    return Message(
        id=message_id,
        cluster=request.cluster,
        subject=request.id,
        address=address,
        wanted=content,
        wanted_hash=content_hash(content),
        created_at=now,
    )
