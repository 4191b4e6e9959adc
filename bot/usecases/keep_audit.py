"""The steward's part of the audit log: its copy on disk, and its head, said once a day."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.domain.audit import Head
from bot.domain.audit.heads import head_day, head_row
from bot.domain.message import Address, Message, Urgency
from bot.domain.outbox import content_hash
from bot.domain.refusal import Refusal
from bot.ports import (
    AuditLog,
    AuditMirror,
    Clock,
    ConflictError,
    Fence,
    MirrorError,
    Put,
    RecordStore,
    Transaction,
    Voice,
)

_AGAIN = timedelta(minutes=5)
"""A trouble that lasts is said again after so long."""

_LOOK = timedelta(minutes=1)
"""A head that could not be said is tried again so often: the bot may be in the channel by now."""

_NEVER = datetime.min.replace(tzinfo=UTC)

Say = Callable[[str], None]


def say_nothing(text: str) -> None:
    """Leave it unsaid."""
    del text


@dataclass(frozen=True, kw_only=True)
class KeepAudit:
    """Keep the copy up to date, and say the head.

    Attributes:
        channel: where the head is said; empty: nowhere.
        say: for the log of this process.
    """

    store: RecordStore
    log: AuditLog
    mirror: AuditMirror
    voice: Voice
    clock: Clock
    channel: str = ""
    say: Say = say_nothing
    _said: dict[str, datetime] = field(default_factory=dict)
    _days: dict[str, datetime | None] = field(default_factory=dict)
    """When a day's head was looked at last; None: it is said."""

    def run(self, fence: Fence) -> None:
        """Do both.

        Raises:
            ConflictError: guard `epoch`: a newer steward has taken over.
            StoreUnavailableError: Redis does not answer.
        """
        self._copy()
        if self.channel:
            self._say_head(fence)

    def _copy(self) -> None:
        try:
            note = self.mirror.keep_up()
        except MirrorError as error:
            note = f"the copy of the audit log cannot be written ({error}): changes are refused"
        now = self.clock.now()
        if note and now - self._said.get(note, now - _AGAIN) >= _AGAIN:
            self._said[note] = now
            self.say(note)

    def _say_head(self, fence: Fence) -> None:
        """Say it once on each day (UTC); the message's id is the day, whoever is the steward.

        One that Slack refused is said anew, as the head is by then, until it is taken.
        """
        now = self.clock.now()
        looked = self._days.get(head_day(now), _NEVER)
        if looked is None or now - looked < _LOOK:
            return
        head = self.log.head()
        if head.seq == 0:
            return
        row = next(iter(self.store.get_many(Message, [head_row(now)])), None)
        if row is None or row.value.dead is not None:
            self._put(self._row(head, fence.cluster, now), row.rev if row else 0, fence)
        self._days.clear()
        self._days[head_day(now)] = None if row and row.value.sent else now

    def _row(self, head: Head, cluster: str, now: datetime) -> Message:
        content = self.voice.audit_head(head, head_day(now))
        return Message(
            id=head_row(now),
            cluster=cluster,
            subject="audit",
            address=Address(channel=self.channel),
            wanted=content,
            wanted_hash=content_hash(content),
            urgency=Urgency.NORMAL,
            created_at=now,
            final=True,
        )

    def _put(self, row: Message, rev: int, fence: Fence) -> None:
        put = Put(record=row, rev=rev)
        try:
            self.store.commit(Transaction(cluster=fence.cluster, puts=(put,), fence=fence))
        except ConflictError as lost:  # another cluster's steward says it
            if lost.guard == "epoch":
                raise


def unwritten(mirror: AuditMirror) -> Refusal | None:
    """Copy the log to the disk; return why nothing may be done when that fails.

    Asked before a change is planned, and again right before it is sent to the Engine, after the
    entry of the change was written: so that entry is on the disk before the change is made.
    """
    try:
        mirror.keep_up()
    except MirrorError as error:
        return Refusal(
            why=f"The audit log's copy on the worker's disk cannot be written: {error}.",
            next_step="Nothing is changed while that is so. Once it can be written, type it again.",
        )
    return None
