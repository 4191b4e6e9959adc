"""A transaction as the program that commit.lua runs."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.adapters import keys
from bot.adapters.records import (
    KEPT_AFTER_END,
    NEVER_A_ROLLOUT,
    began_at,
    is_forgettable,
    is_open,
    kind_of,
    to_json,
)
from bot.domain.approval import Approval
from bot.domain.audit import Head
from bot.domain.change import Action, Change, Query
from bot.domain.lock import Lock
from bot.domain.message import Message, Urgency
from bot.domain.outbox import due_at
from bot.domain.revision import History
from bot.domain.rollout.record import Rollout
from bot.domain.subscription import Subscription
from bot.ports import Put, Transaction


class Program:
    """Collects the keys, the documents and the steps of one transaction."""

    def __init__(
        self, transaction: Transaction, nonce: str, kept: timedelta = KEPT_AFTER_END
    ) -> None:
        self._kept = kept
        self.keys: list[str] = []
        self._documents: list[bytes] = []
        self._entries: list[bytes] = []
        self._steps: dict[str, Any] = {
            "nonce": self._key(keys.nonce(nonce)),
            "live": self._key(keys.live_rollouts(transaction.cluster)),
            "once": [
                {"key": self._key(keys.once(o.key)), "value": o.value, "ttl": _milliseconds(o.ttl)}
                for o in transaction.once
            ],
            "puts": [],
            "zadd": [],
            "zrem": [],
            "ztrim": [],
            "hset": [],
            "incr": [],
        }
        if transaction.fence is not None:
            self._steps["fence"] = {
                "key": self._key(keys.epoch(transaction.fence.cluster)),
                "epoch": str(transaction.fence.epoch),
            }
        if transaction.asked is not None:
            self._steps["asked"] = {
                "key": self._key(keys.asked_count(transaction.cluster)),
                "count": str(transaction.asked),
            }
        for name in ("claim", "take_over", "release"):
            if (pair := getattr(transaction, name)) is not None:
                self._steps[name] = list(pair)
        for put in transaction.puts:
            self._put(put)

    def link(self, lines: Sequence[bytes], before: Head, after: Head) -> None:
        """Let it write these entries of the audit log if its head is `before`; may be repeated."""
        first = 2 + len(self._documents)
        self._entries = list(lines)
        self._steps["audit"] = {
            "list": self._key(keys.AUDIT),
            "head": self._key(keys.AUDIT_HEAD),
            "seq": str(before.seq),
            "hash": before.hash,
            "lines": [first + number for number in range(len(lines))],
            "next_seq": str(after.seq),
            "next_hash": after.hash,
        }

    @property
    def arguments(self) -> list[bytes]:
        """ARGV: the program, the documents, the entries of the audit log."""
        return [json.dumps(self._steps).encode(), *self._documents, *self._entries]

    def _key(self, key: str) -> int:
        """Return the key's index in KEYS, from 1."""
        if key not in self.keys:
            self.keys.append(key)
        return self.keys.index(key) + 1

    def _put(self, put: Put) -> None:
        record = put.record
        self._documents.append(to_json(record))
        step: dict[str, Any] = {
            "key": self._key(keys.record(kind_of(record).word, record.id)),
            "id": record.id,
            "rev": str(put.rev),
            "next": str(put.rev + 1),
            "doc": 1 + len(self._documents),
        }
        if is_forgettable(record):
            step["ttl"] = _milliseconds(self._kept)
        self._steps["puts"].append(step)
        match record:
            case Rollout() | Change() | Action() | Query() | Approval() | Lock() | Subscription():
                self._index_open(record)
            case Message():
                self._index_message(record)
            case History() if put.rev == 0:
                names = self._key(keys.history_names(record.cluster))
                self._steps["hset"].append([names, record.service, record.id])
        if isinstance(record, Rollout):
            index = keys.recent_rollouts(record.cluster)
            self._index_recent(index, record, shown=record.state not in NEVER_A_ROLLOUT)
        elif isinstance(record, Approval):
            self._index_recent(keys.recent_approvals(record.cluster), record, shown=True)
            if put.rev == 0:
                self._steps["incr"].append(self._key(keys.asked_count(record.cluster)))

    def _index_open(
        self, record: Rollout | Change | Action | Query | Approval | Lock | Subscription
    ) -> None:
        index = self._key(keys.open_records(record.cluster, kind_of(record).word))
        self._member(index, record.id, began_at(record) if is_open(record) else None)

    def _index_recent(self, key: str, record: Rollout | Approval, *, shown: bool) -> None:
        index, began = self._key(key), began_at(record)
        self._member(index, record.id, began if shown else None)
        self._steps["ztrim"].append([index, _score(began - self._kept.total_seconds())])

    def _index_message(self, message: Message) -> None:
        due = due_at(message)
        for urgency in Urgency:
            index = self._key(keys.due_messages(message.cluster, urgency))
            wanted = due is not None and urgency is message.urgency
            self._member(index, message.id, due.timestamp() if due and wanted else None)

    def _member(self, index: int, member: str, score: float | None) -> None:
        if score is None:
            self._steps["zrem"].append([index, member])
        else:
            self._steps["zadd"].append([index, _score(score), member])


def _score(seconds: float) -> str:
    return f"{seconds:.6f}"


def _milliseconds(duration: timedelta) -> str:
    return str(max(1, round(duration.total_seconds() * 1000)))
