"""The record store in memory, with the real one's guards, indexes and JSON."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any, cast

from bot.adapters.audit_chain import AuditChain, drafts_of
from bot.adapters.records import KINDS, NEVER_A_ROLLOUT, began_at, from_json, is_open, to_json
from bot.domain.approval import Approval
from bot.domain.audit import GENESIS, Head
from bot.domain.lock import Lock
from bot.domain.message import Message
from bot.domain.outbox import due_at
from bot.domain.revision import History
from bot.domain.rollout.record import Rollout
from bot.domain.subscription import Subscription
from bot.ports import (
    Asked,
    Clock,
    ConflictError,
    Put,
    R,
    Record,
    Stored,
    StoreUnavailableError,
    Transaction,
    UnreadableRecordError,
)
from tests.fakes.clock import FakeClock

GARBAGE = b"{not json"
AUDIT_KEY = b"the key of the audit log in tests"


@dataclass
class _Row:
    document: bytes
    rev: int
    number: int  # when it was first written, to break ties of age
    whole: bytes = b""  # what it was before it was spoiled: the indexes still know it so
    _indexed: tuple[bytes, Record] | None = None

    def indexed(self, kind: type[Record]) -> Any:
        """Return it as the indexes know it. Not for handing out: it is read once a document."""
        document = self.whole or self.document
        if self._indexed is None or self._indexed[0] != document:
            self._indexed = (document, from_json(kind, document))
        return self._indexed[1]


def _key(kind: type[Record], record_id: str) -> str:
    return f"waggle:{KINDS[kind].word}:{record_id}"


@dataclass
class FakeRecordStore:
    """Implements `bot.ports.RecordStore`.

    Records go through JSON, as in Redis, so that what a test reads is never the object it wrote.

    Attributes:
        down: every call raises StoreUnavailableError.
        lose_replies: that many next commits are applied, yet raise StoreUnavailableError.
        epochs: the newest steward's epoch by cluster; FakeLeases keeps it when they share one.
        audit_lines, audit_head: the audit log; FakeAuditLog reads it.
        met: keys of the records that could not be read when somebody asked for them.
        commits: the transactions that were applied, in order.
    """

    clock: Clock = field(default_factory=FakeClock)
    down: bool = False
    lose_replies: int = 0
    epochs: dict[str, int] = field(default_factory=dict)
    commits: list[Transaction] = field(default_factory=list)
    audit_lines: list[bytes] = field(default_factory=list)
    audit_head: Head = GENESIS
    met: set[str] = field(default_factory=set)
    _rows: dict[tuple[type[Record], str], _Row] = field(default_factory=dict)
    _handed: dict[tuple[type[Record], str], tuple[bytes, Record]] = field(default_factory=dict)
    _live: dict[tuple[str, str], str] = field(default_factory=dict)
    _once: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    def __post_init__(self) -> None:
        self.chain = AuditChain(AUDIT_KEY, self.clock)

    def get(self, kind: type[R], record_id: str) -> Stored[R] | None:
        self._answer()
        row = self._rows.get((kind, record_id))
        return None if row is None else Stored(self._whole(kind, record_id, row), row.rev)

    def get_many(self, kind: type[R], record_ids: Sequence[str]) -> list[Stored[R]]:
        self._answer()
        found: list[Stored[R]] = []
        for record_id in record_ids:
            with suppress(UnreadableRecordError):
                if stored := self._shared(kind, record_id):
                    found.append(stored)
        return found

    def _shared(self, kind: type[R], record_id: str) -> Stored[R] | None:
        """Return the same object as last time while the document is the same, as the real one does.

        Whoever has changed it in place meanwhile has changed what the next one is told.
        """
        row = self._rows.get((kind, record_id))
        known = self._handed.get((kind, record_id))
        if row is None or known is None or known[0] != row.document:
            stored = self.get(kind, record_id)
            if stored is not None and row is not None:
                self._handed[kind, record_id] = (row.document, stored.value)
            return stored
        same = known[1]
        assert same == from_json(kind, row.document), f"somebody has changed {record_id} in place"
        return Stored(cast("R", same), row.rev)

    def unreadable(self) -> list[str]:
        self._answer()
        return sorted(
            _key(kind, name)
            for (kind, name), row in self._rows.items()
            if _key(kind, name) in self.met and row.document == GARBAGE
        )

    def spoil(self, kind: type[Record], record_id: str) -> None:
        """Let a record stand there that nobody can read."""
        row = self._rows[kind, record_id]
        row.whole, row.document = row.document, GARBAGE

    def mend(self, kind: type[Record], record_id: str) -> None:
        """Take that back."""
        row = self._rows[kind, record_id]
        row.document = row.whole

    def commit(self, transaction: Transaction) -> None:
        self._answer()
        with self._lock:
            self._check(transaction)
            self._audit(transaction)
            self._apply(transaction)
            self.commits.append(transaction)
        if self.lose_replies > 0:
            self.lose_replies -= 1
            raise StoreUnavailableError("the reply was lost")

    def open_ids(self, cluster: str, kind: Asked) -> list[str]:
        self._answer()
        with self._lock:
            rows = [row for (k, _), row in self._rows.items() if k is kind]
        records = [row.indexed(kind) for row in rows]
        mine = [r for r in records if r.cluster == cluster and is_open(r)]
        return [r.id for r in sorted(mine, key=lambda r: (began_at(r), r.id))]

    def recent_rollouts(self, cluster: str, limit: int) -> list[Stored[Rollout]]:
        return self.get_many(Rollout, self.recent_rollout_ids(cluster, limit))

    def recent_rollout_ids(self, cluster: str, limit: int) -> list[str]:
        self._answer()
        shown = [
            r for r in self._all(Rollout) if r.cluster == cluster and r.state not in NEVER_A_ROLLOUT
        ]
        newest = sorted(shown, key=lambda r: (began_at(r), r.id), reverse=True)[:limit]
        return [r.id for r in newest]

    def recent_approvals(self, cluster: str, limit: int) -> list[Stored[Approval]]:
        self._answer()
        mine = [a for a in self._all(Approval) if a.cluster == cluster]
        newest = sorted(mine, key=lambda a: (began_at(a), a.id), reverse=True)[:limit]
        return self.get_many(Approval, [a.id for a in newest])

    def asked_count(self, cluster: str) -> int:
        self._answer()
        return sum(a.cluster == cluster for a in self._all(Approval))

    def live_rollout(self, cluster: str, service: str) -> str | None:
        self._answer()
        return self._live.get((cluster, service))

    def due_messages(self, cluster: str, now: datetime, limit: int) -> list[Stored[Message]]:
        self._answer()
        due = [
            (message.urgency, at, message.id)
            for message in self._all(Message)
            if message.cluster == cluster and (at := due_at(message)) is not None and at <= now
        ]
        return self.get_many(Message, [message_id for *_, message_id in sorted(due)])[:limit]

    def open_locks(self, cluster: str) -> list[Stored[Lock]]:
        found = (self.get(Lock, name) for name in self._open_lock_ids(cluster))
        return [stored for stored in found if stored is not None]

    def readable_locks(self, cluster: str) -> list[Stored[Lock]]:
        return self.get_many(Lock, self._open_lock_ids(cluster))

    def _open_lock_ids(self, cluster: str) -> list[str]:
        self._answer()
        held = [lock for lock in self._all(Lock) if lock.cluster == cluster and is_open(lock)]
        return [one.id for one in sorted(held, key=lambda o: (o.since, o.id))]

    def history_by_name(self, cluster: str, service: str) -> Stored[History] | None:
        self._answer()
        newest: tuple[int, History] | None = None
        for (kind, _), row in self._rows.items():
            if kind is not History:
                continue
            history = row.indexed(History)
            if (history.cluster, history.service) != (cluster, service):
                continue
            if newest is None or row.number > newest[0]:
                newest = (row.number, history)
        return None if newest is None else self.get(History, newest[1].id)

    def subscriptions(self, cluster: str) -> list[Stored[Subscription]]:
        self._answer()
        mine = [s for s in self._all(Subscription) if s.cluster == cluster and is_open(s)]
        oldest_first = sorted(mine, key=lambda s: (began_at(s), s.id))
        return self.get_many(Subscription, [s.id for s in oldest_first])

    def dump(self) -> str:
        """Return all that stands in the store, to look for secrets that must not."""
        return "\n".join(row.document.decode() for row in self._rows.values())

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailableError("redis is away")

    def _all(self, kind: type[R]) -> Iterable[R]:
        with self._lock:
            rows = [row for (k, _), row in self._rows.items() if k is kind]
        return [row.indexed(kind) for row in rows]

    def _whole(self, kind: type[R], record_id: str, row: _Row) -> R:
        if row.document == GARBAGE:
            self.met.add(_key(kind, record_id))
            raise UnreadableRecordError(_key(kind, record_id))
        return cast("R", from_json(kind, row.document))

    def _check(self, transaction: Transaction) -> None:
        fence = transaction.fence
        if fence is not None and self.epochs.get(fence.cluster, 0) != fence.epoch:
            raise ConflictError("epoch", str(self.epochs.get(fence.cluster, 0)))
        for once in transaction.once:
            value, until = self._once.get(once.key, ("", self.clock.now()))
            if until > self.clock.now():
                raise ConflictError("once", value)
        for put in transaction.puts:
            if self._rev(put) != put.rev:
                raise ConflictError("rev", put.record.id)
        if transaction.asked is not None:
            count = self.asked_count(transaction.cluster)
            if count != transaction.asked:
                raise ConflictError("asked", str(count))
        if transaction.claim is not None:
            service, rollout = transaction.claim
            holder = self._live.get((transaction.cluster, service), rollout)
            if holder != rollout:
                raise ConflictError("live", holder)

    def _apply(self, transaction: Transaction) -> None:
        for once in transaction.once:
            self._once[once.key] = (once.value, self.clock.now() + once.ttl)
        for put in transaction.puts:
            self._put(put)
        cluster = transaction.cluster
        if transaction.release is not None:
            service, rollout = transaction.release
            if self._live.get((cluster, service)) == rollout:
                del self._live[cluster, service]
        for claimed in (transaction.claim, transaction.take_over):
            if claimed is not None:
                self._live[cluster, claimed[0]] = claimed[1]

    def _audit(self, transaction: Transaction) -> None:
        before: dict[tuple[type, str], object] = {
            key: from_json(type(put.record), row.document)
            for put in transaction.puts
            if (row := self._rows.get(key := (type(put.record), put.record.id))) is not None
        }
        if drafts := drafts_of(transaction, before):
            lines, self.audit_head = self.chain.link(drafts, self.audit_head)
            self.audit_lines += lines

    def _rev(self, put: Put) -> int:
        row = self._rows.get((type(put.record), put.record.id))
        return 0 if row is None else row.rev

    def _put(self, put: Put) -> None:
        key = (type(put.record), put.record.id)
        old = self._rows.get(key)
        number = len(self._rows) if old is None else old.number
        self._rows[key] = _Row(to_json(put.record), put.rev + 1, number)
