"""The record store in Redis: one hash a record, changed only by one Lua script."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from redis import Redis

from bot.adapters import keys, lua
from bot.adapters.audit_chain import TRIES, AuditChain, drafts_of, judged
from bot.adapters.program import Program
from bot.adapters.records import KINDS, from_json, kind_of
from bot.adapters.redis_client import translated
from bot.domain.approval import Approval
from bot.domain.audit import GENESIS, AuditDraft, Head
from bot.domain.lock import Lock
from bot.domain.message import Message, Urgency
from bot.domain.revision import History
from bot.domain.rollout.record import Rollout
from bot.domain.subscription import Subscription
from bot.ports import Asked, ConflictError, R, Stored, StoreUnavailableError, Transaction


class RedisRecordStore:
    """Implements `bot.ports.RecordStore`. Safe to share between threads."""

    def __init__(self, redis: Redis, chain: AuditChain | None = None) -> None:
        """Take the connection, and the chain that entries of the audit log are made by.

        A store without one (the speaker's) can write nothing that has to be audited.
        """
        self._redis = redis
        self._chain = chain
        self._head = GENESIS  # as last seen; a wrong guess costs one more try
        self._commit = redis.register_script(lua.source("commit"))
        self._open = redis.register_script(lua.source("open"))

    def get(self, kind: type[R], record_id: str) -> Stored[R] | None:
        """Return the record with its revision, or None."""
        found = self.get_many(kind, [record_id])
        return found[0] if found else None

    def get_many(self, kind: type[R], record_ids: Sequence[str]) -> list[Stored[R]]:
        """Return those that exist, in the order asked for, in one round trip."""
        if not record_ids:
            return []
        word = KINDS[kind].word
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            for record_id in record_ids:
                pipeline.hmget(keys.record(word, record_id), ["rev", "doc"])
            rows = cast("list[list[bytes | None]]", pipeline.execute())
        return [Stored(from_json(kind, doc), int(rev)) for rev, doc in rows if rev and doc]

    def commit(self, transaction: Transaction) -> None:
        """Apply all of it or nothing.

        redis-py sends the script again when a connection breaks; the nonce makes the second one
        answer as the first did.
        """
        program = Program(transaction, secrets.token_hex(12))
        if drafts := drafts_of(transaction, self._before(transaction)):
            self._commit_with(drafts, program)
        elif broken := self._run(program):
            raise ConflictError(*broken)

    def _commit_with(self, drafts: Sequence[AuditDraft], program: Program) -> None:
        """Commit with entries of the audit log, linked to its head, whoever else writes there."""
        if self._chain is None:
            raise ValueError("this store has no key for the audit log")
        for _ in range(TRIES):
            head = self._head
            lines, after = self._chain.link(drafts, head)
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
        pipeline = self._redis.pipeline(transaction=False)
        for put in puts:
            key = keys.record(kind_of(put.record).word, put.record.id)
            pipeline.hmget(key, ["rev", "doc"])
        with translated():
            rows = cast("list[list[bytes | None]]", pipeline.execute())
        return {
            (type(put.record), put.record.id): from_json(type(put.record), doc)
            for put, (rev, doc) in zip(puts, rows, strict=True)
            if rev and doc and int(rev) == put.rev
        }

    def open_ids(self, cluster: str, kind: Asked) -> list[str]:
        """Return the ids of the records of that kind that have not ended, oldest first."""
        with translated():
            return _texts(self._redis.zrange(keys.open_records(cluster, KINDS[kind].word), 0, -1))

    def recent_rollouts(self, cluster: str, limit: int) -> list[Stored[Rollout]]:
        """Return the newest rollouts first, ended ones included."""
        return self.get_many(Rollout, self._newest(keys.recent_rollouts(cluster), limit))

    def recent_approvals(self, cluster: str, limit: int) -> list[Stored[Approval]]:
        """Return the newest approvals first, ended ones included."""
        return self.get_many(Approval, self._newest(keys.recent_approvals(cluster), limit))

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
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            for urgency in Urgency:
                pipeline.zrangebyscore(
                    keys.due_messages(cluster, urgency), "-inf", f"{now.timestamp():.6f}", 0, limit
                )
            due = [row for rows in pipeline.execute() for row in _texts(rows)]
        return self.get_many(Message, due[:limit])

    def open_locks(self, cluster: str) -> list[Stored[Lock]]:
        """Return the locks that have not ended, oldest first, in one round trip."""
        word = KINDS[Lock].word
        index, prefix = keys.open_records(cluster, word), keys.record(word, "")
        with translated():
            rows = cast("list[list[bytes]]", self._open(keys=[index], args=[prefix]))
        return [Stored(from_json(Lock, doc), int(rev)) for rev, doc in rows]

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
                "list[tuple[bytes | None, bytes | None]]",
                self._redis.sort(
                    keys.open_records(cluster, word),
                    by="nosort",
                    get=[f"{pattern}->rev", f"{pattern}->doc"],
                    groups=True,
                ),
            )
        return [Stored(from_json(Subscription, doc), int(rev)) for rev, doc in rows if rev and doc]


def _texts(members: object) -> list[str]:
    return [member.decode() for member in cast("list[bytes]", members)]
