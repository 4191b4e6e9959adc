"""The steward's part of the audit log: its copy on disk, and its head, said once a day."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
    _days: set[str] = field(default_factory=set)

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
        """Say it once on each day (UTC); the message's id is the day, whoever is the steward."""
        now = self.clock.now()
        day = f"{now:%Y-%m-%d}"
        if day in self._days:
            return
        head = self.log.head()
        if head.seq == 0:
            return
        content = self.voice.audit_head(head, day)
        row = Message(
            id=f"audit-head-{day}",
            cluster=fence.cluster,
            subject="audit",
            address=Address(channel=self.channel),
            wanted=content,
            wanted_hash=content_hash(content),
            urgency=Urgency.NORMAL,
            created_at=now,
            final=True,
        )
        put = Put(record=row, rev=0)
        try:
            self.store.commit(Transaction(cluster=fence.cluster, puts=(put,), fence=fence))
        except ConflictError as lost:
            if lost.guard == "epoch":
                raise
        self._days.clear()
        self._days.add(day)


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
