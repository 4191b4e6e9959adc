"""The record store in Redis: one hash a record, changed only by one Lua script."""

import secrets
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from redis import Redis

from bot.adapters import keys, lua
from bot.adapters.audit_chain import TRIES, AuditChain, drafts_of, judged
from bot.adapters.parsed import Mark, Parsed, mark_of
from bot.adapters.program import Program
from bot.adapters.records import KEPT_AFTER_END, KINDS, kind_of
from bot.adapters.redis_client import is_wrong_type, translated
from bot.adapters.unreadable import Unreadable, read
from bot.domain.approval import Approval
from bot.domain.audit import GENESIS, AuditDraft, Head
from bot.domain.lock import Lock
from bot.domain.message import Message, Urgency
from bot.domain.revision import History
from bot.domain.rollout.record import Rollout
from bot.domain.subscription import Subscription
from bot.ports import (
    Asked,
    ConflictError,
    R,
    Record,
    Stored,
    StoreUnavailableError,
    Transaction,
    UnreadableRecordError,
)

_TURN_WITHIN: Final = 7.0
"""Seconds: as long as one commit can take with a server that swallows everything."""


class RedisRecordStore:
    """Implements `bot.ports.RecordStore`. Safe to share between threads."""

    def __init__(
        self,
        redis: Redis,
        chain: AuditChain | None = None,
        kept: timedelta = KEPT_AFTER_END,
    ) -> None:
        """Take the connection, and the chain that entries of the audit log are made by.

        A store without one (the speaker's) can write nothing that has to be audited. What is over
        is forgotten after `kept`.
        """
        self._kept = kept
        self._redis = redis
        self._chain = chain
        self._aside = Unreadable(redis)
        self._head = GENESIS  # as last seen; a wrong guess costs one more try
        self._turn = threading.Lock()
        self._parsed = Parsed()
        self._commit = redis.register_script(lua.source("commit"))
        self._open = redis.register_script(lua.source("open"))

    def get(self, kind: type[R], record_id: str) -> Stored[R] | None:
        """Return the record with its revision, or None; UnreadableRecordError if it is damaged."""
        ((key, row),) = self._rows([keys.record(KINDS[kind].word, record_id)])
        return self._whole(kind, key, row)

    def get_many(self, kind: type[R], record_ids: Sequence[str]) -> list[Stored[R]]:
        """Return those that exist, in the order asked for, in one round trip."""
        word = KINDS[kind].word
        rows = self._rows([keys.record(word, each) for each in record_ids])
        found: list[tuple[str, Mark, Stored[R]]] = []
        for key, row in rows:
            mark = mark_of(row)
            stored = self._parsed.find(kind, key, mark) if mark else None
            stored = stored or self._set_aside_or_read(kind, key, row)
            if stored and mark:
                found.append((key, mark, stored))
        self._parsed.keep(kind, found)
        return [stored for _, _, stored in found]

    def unreadable(self) -> list[str]:
        """Return the keys of the records that were found damaged, and still are."""
        return self._aside.still()

    def _rows(self, names: Sequence[str]) -> list[tuple[str, object]]:
        """Return key and row of each, in one round trip, whatever stands there."""
        if not names:
            return []
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            for name in names:
                pipeline.hmget(name, ["rev", "doc"])
            rows = pipeline.execute(raise_on_error=False)
            for row in rows:
                if isinstance(row, Exception) and not is_wrong_type(row):
                    raise row
        return list(zip(names, rows, strict=True))

    def _whole(self, kind: type[Record], key: str, row: object) -> Stored[Any] | None:
        try:
            return read(kind, row)
        except ValueError as error:
            self._aside.note(key, str(error))
            raise UnreadableRecordError(key) from None

    def _readable(self, kind: type[R], rows: Iterable[tuple[str, object]]) -> list[Stored[R]]:
        found = (self._set_aside_or_read(kind, key, row) for key, row in rows)
        return [stored for stored in found if stored]

    def _set_aside_or_read(self, kind: type[R], key: str, row: object) -> Stored[R] | None:
        try:
            return self._whole(kind, key, row)
        except UnreadableRecordError:
            return None

    def commit(self, transaction: Transaction) -> None:
        """Apply all of it or nothing.

        redis-py sends the script again when a connection breaks; the nonce makes the second one
        answer as the first did.
        """
        program = Program(transaction, secrets.token_hex(12), self._kept)
        if drafts := drafts_of(transaction, self._before(transaction)):
            self._commit_with(drafts, program)
        elif broken := self._run(program):
            raise ConflictError(*broken)

    def _commit_with(self, drafts: Sequence[AuditDraft], program: Program) -> None:
        """Commit with entries of the audit log, linked to its head, whoever else writes there.

        One thread at a time: those that race for the head only make each other try again.
        """
        if self._chain is None:
            raise ValueError("this store has no key for the audit log")
        if not self._turn.acquire(timeout=_TURN_WITHIN):
            raise StoreUnavailableError("others of this process wait for it")
        try:
            self._link_and_commit(self._chain, drafts, program)
        finally:
            self._turn.release()

    def _link_and_commit(
        self, chain: AuditChain, drafts: Sequence[AuditDraft], program: Program
    ) -> None:
        for _ in range(TRIES):
            head = self._head
            lines, after = chain.link(drafts, head)
            program.link(lines, head, after)
            broken = self._run(program)
            if not broken:
                self._head = after
                return
            guard, *found = broken
            if guard != "audit":
                raise ConflictError(guard, *found)
            # at once: the head that was just told is news, and after a rest it would be stale again
            self._head = Head(seq=int(found[0]), hash=found[1])
        raise StoreUnavailableError("too many others write to the audit log")

    def _run(self, program: Program) -> list[str]:
        """Return nothing when it was applied, else the guard that broke and what it found."""
        with translated():
            broken = cast("list[bytes]", self._commit(keys=program.keys, args=program.arguments))
        return [part.decode() for part in broken]

    def _before(self, transaction: Transaction) -> dict[tuple[type, str], object]:
        """Return the audited records as they are, each at the revision that its put names."""
        puts = [put for put in transaction.puts if judged(put)]
        if not puts:
            return {}
        rows = self._rows([keys.record(kind_of(put.record).word, put.record.id) for put in puts])
        before: dict[tuple[type, str], object] = {}
        for put, (key, row) in zip(puts, rows, strict=True):
            stored = self._whole(type(put.record), key, row)
            if stored is not None and stored.rev == put.rev:
                before[type(put.record), put.record.id] = stored.value
        return before

    def open_ids(self, cluster: str, kind: Asked) -> list[str]:
        """Return the ids of the records of that kind that have not ended, oldest first."""
        with translated():
            return _texts(self._redis.zrange(keys.open_records(cluster, KINDS[kind].word), 0, -1))

    def recent_rollouts(self, cluster: str, limit: int) -> list[Stored[Rollout]]:
        """Return the newest rollouts first, ended ones included."""
        return self.get_many(Rollout, self.recent_rollout_ids(cluster, limit))

    def recent_rollout_ids(self, cluster: str, limit: int) -> list[str]:
        """Return the ids of the same."""
        return self._newest(keys.recent_rollouts(cluster), limit)

    def recent_approvals(self, cluster: str, limit: int) -> list[Stored[Approval]]:
        """Return the newest approvals first, ended ones included."""
        return self.get_many(Approval, self._newest(keys.recent_approvals(cluster), limit))

    def asked_count(self, cluster: str) -> int:
        """Return how many requests for approval were ever made there: read it before you look."""
        with translated():
            count = cast("bytes | None", self._redis.get(keys.asked_count(cluster)))
        return int(count or 0)

    def _newest(self, key: str, limit: int) -> list[str]:
        if limit < 1:
            return []
        with translated():
            return _texts(self._redis.zrevrange(key, 0, limit - 1))

    def live_rollout(self, cluster: str, service: str) -> str | None:
        """Return the id of the rollout that holds the service, or None."""
        with translated():
            holder = cast("bytes | None", self._redis.hget(keys.live_rollouts(cluster), service))
        return holder.decode() if holder else None

    def due_messages(self, cluster: str, now: datetime, limit: int) -> list[Stored[Message]]:
        """Return outbox rows to be sent by now, most urgent first, then oldest."""
        most = limit + self._aside.count  # those must not keep the others from being seen
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            for urgency in Urgency:
                pipeline.zrangebyscore(
                    keys.due_messages(cluster, urgency), "-inf", f"{now.timestamp():.6f}", 0, most
                )
            due = [row for rows in pipeline.execute() for row in _texts(rows)]
        return self.get_many(Message, due[:most])[:limit]

    def open_locks(self, cluster: str) -> list[Stored[Lock]]:
        """Return the locks that have not ended; UnreadableRecordError if one is damaged."""
        found = (self._whole(Lock, key, row) for key, row in self._open_lock_rows(cluster))
        return [stored for stored in found if stored is not None]

    def readable_locks(self, cluster: str) -> list[Stored[Lock]]:
        """Return the same without those that are damaged."""
        return self._readable(Lock, self._open_lock_rows(cluster))

    def _open_lock_rows(self, cluster: str) -> list[tuple[str, object]]:
        word = KINDS[Lock].word
        index, prefix = keys.open_records(cluster, word), keys.record(word, "")
        with translated():
            rows = cast("list[list[bytes]]", self._open(keys=[index], args=[prefix]))
        return [(prefix + name.decode(), (rev, doc)) for name, rev, doc in rows]

    def history_by_name(self, cluster: str, service: str) -> Stored[History] | None:
        """Return the history of the newest service of that name, also when the service is gone."""
        with translated():
            found = cast("bytes | None", self._redis.hget(keys.history_names(cluster), service))
        return self.get(History, found.decode()) if found else None

    def subscriptions(self, cluster: str) -> list[Stored[Subscription]]:
        """Return those that hold, oldest first; SORT brings the records in the same round trip."""
        word = KINDS[Subscription].word
        pattern = keys.record(word, "*")
        with translated():
            rows = cast(
                "list[tuple[bytes, bytes | None, bytes | None]]",
                self._redis.sort(
                    keys.open_records(cluster, word),
                    by="nosort",
                    get=["#", f"{pattern}->rev", f"{pattern}->doc"],
                    groups=True,
                ),
            )
        named = ((keys.record(word, name.decode()), (rev, doc)) for name, rev, doc in rows)
        return self._readable(Subscription, named)


def _texts(members: object) -> list[str]:
    return [member.decode() for member in cast("list[bytes]", members)]
