"""Redis: the record store, the steward's lease, the rate budget, the queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from bot.domain.approval import Approval
from bot.domain.audit import AuditDraft
from bot.domain.change import Action, Change, Query
from bot.domain.lock import Lock
from bot.domain.message import Message
from bot.domain.notice import Circulation
from bot.domain.revision import History, RevisionSpec
from bot.domain.rollout.record import Rollout
from bot.domain.subscription import Subscription
from bot.jobs import Job

Record = (
    Rollout
    | Change
    | Action
    | Query
    | Approval
    | Message
    | History
    | RevisionSpec
    | Lock
    | Circulation
    | Subscription
)
T = TypeVar("T")
R = TypeVar(
    "R",
    Rollout,
    Change,
    Action,
    Query,
    Approval,
    Message,
    History,
    RevisionSpec,
    Lock,
    Circulation,
    Subscription,
)
Asked = type[Rollout] | type[Change] | type[Action] | type[Query] | type[Approval]
"""The kinds of records that somebody asked for, and that end."""


class ConflictError(Exception):
    """A guard of a transaction did not hold: somebody else was first. Read again and decide anew.

    Nothing was written.

    Attributes:
        guard: `rev`, `live`, `once` or `epoch`.
        found: for `live` the id of the rollout that holds the service; for `once` the value written
            the first time.
    """

    def __init__(self, guard: str, found: str = "") -> None:
        super().__init__(
            f"{guard} guard did not hold ({found})" if found else f"{guard} guard did not hold"
        )
        self.guard = guard
        self.found = found


class StoreUnavailableError(Exception):
    """Redis cannot be reached, is full or read-only. The write may or may not have happened."""


@dataclass(frozen=True)
class Stored(Generic[T]):
    """A record with its revision number.

    A write must name the revision that it was derived from.
    """

    value: T
    rev: int


@dataclass(frozen=True, kw_only=True)
class Put:
    """Write `record`, which was derived from revision `rev` (0: it must not exist)."""

    record: Record
    rev: int


@dataclass(frozen=True, kw_only=True)
class Once:
    """A one-time key.

    The transaction fails with ConflictError('once', <first value>) when it was used within `ttl`.
    """

    key: str
    value: str
    ttl: timedelta


@dataclass(frozen=True, kw_only=True)
class Fence:
    """The steward's epoch.

    The transaction fails with ConflictError('epoch') when a newer steward has taken over.
    """

    cluster: str
    epoch: int


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """All or nothing, in one Lua script.

    Attributes:
        puts: records to write, each guarded by its revision. Open records (not yet ended) are kept
            in the cluster's open
            index, messages whose wanted content is not what was sent in its due index, by the store
            itself.
        claim: (service, rollout id): that rollout becomes the live one of the service; fails with
            ConflictError('live', holder)
            when another holds it. Claiming one's own again is fine. A lock claims its scope
            likewise, by `Scope.key`.
        take_over: (service, rollout id): as claim, but takes it from whoever holds it
            (`--supersede`, in the same
            transaction that ends the other).
        release: (service, rollout id): gives it up; no error if it is not held by that rollout.
        once: one-time keys (deduplication).
        fence: only by the steward.
        audit: entries for the audit log that no put makes by itself, or what a decision adds to
            one that it makes (bot.domain.audit). The store adds an entry for every transition of an
            audited record among `puts`; either all of it is written, entries included, or nothing.
    """

    cluster: str
    puts: tuple[Put, ...] = ()
    claim: tuple[str, str] | None = None
    take_over: tuple[str, str] | None = None
    release: tuple[str, str] | None = None
    once: tuple[Once, ...] = ()
    fence: Fence | None = None
    audit: tuple[AuditDraft, ...] = ()


class RecordStore(Protocol):
    """The truth: records changed only by compare-and-set.

    All methods may raise StoreUnavailableError.
    """

    def get(self, kind: type[R], record_id: str) -> Stored[R] | None:
        """Return the record with its revision, or None."""
        ...

    def get_many(self, kind: type[R], record_ids: Sequence[str]) -> list[Stored[R]]:
        """Return those that exist, in the order asked for, in one round trip."""
        ...

    def commit(self, transaction: Transaction) -> None:
        """Apply all of it or nothing.

        Raises:
            ConflictError: a guard did not hold.
        """
        ...

    def open_ids(self, cluster: str, kind: Asked) -> list[str]:
        """Return the ids of the records of that kind that have not ended, oldest first."""
        ...

    def recent_rollouts(self, cluster: str, limit: int) -> list[Stored[Rollout]]:
        """Return the newest rollouts first, ended ones included (records are kept 90 days)."""
        ...

    def recent_approvals(self, cluster: str, limit: int) -> list[Stored[Approval]]:
        """Return the newest approvals first, ended ones included (records are kept 90 days)."""
        ...

    def live_rollout(self, cluster: str, service: str) -> str | None:
        """Return the id of the rollout that holds the service, or None."""
        ...

    def due_messages(self, cluster: str, now: datetime, limit: int) -> list[Stored[Message]]:
        """Return outbox rows to be sent by now, most urgent first, then oldest."""
        ...

    def open_locks(self, cluster: str) -> list[Stored[Lock]]:
        """Return the locks that have not ended, oldest first, in one round trip."""
        ...

    def history_by_name(self, cluster: str, service: str) -> Stored[History] | None:
        """Return the history of the newest service of that name, also when the service is gone."""
        ...

    def subscriptions(self, cluster: str) -> list[Stored[Subscription]]:
        """Return those that hold, oldest first, in one round trip."""
        ...


class Leases(Protocol):
    """The steward's lease with its fencing epoch, and the heartbeats that /readyz reads."""

    def acquire(self, cluster: str, holder: str, ttl: timedelta) -> int | None:
        """Take or renew the lease.

        Return its epoch (a new, higher one when the holder changes), or None if another holds it.
        """
        ...

    def release(self, cluster: str, holder: str) -> None:
        """Give the lease up at once (SIGTERM)."""
        ...

    def beat(self, cluster: str, role: str, who: str, ttl: timedelta) -> None:
        """Leave a heartbeat; `role` is `worker` or `steward`."""
        ...

    def beats(self) -> dict[str, dict[str, int]]:
        """Return, per known cluster, how many fresh heartbeats each role has.

        For instance `{'default': {'worker': 2, 'steward': 1}}`.
        """
        ...


class Budget(Protocol):
    """The Redis-wide rate budget.

    One token bucket per Slack method (and per channel for chat.postMessage).
    """

    def take(self, method: str, channel: str, now: datetime) -> timedelta:
        """Take a token.

        Return zero when it was given, else how long to wait before asking again.
        """
        ...

    def penalize(self, method: str, channel: str, until: datetime) -> None:
        """Give no token before `until` (Slack said 429 with Retry-After)."""
        ...


class JobQueue(Protocol):
    """RQ. A job carries ids, never authority; it may run 0, 1 or 5 times."""

    def enqueue(self, job: Job) -> None:
        """Put a job on its queue; a job of the same id that is still queued is not put twice.

        Raises StoreUnavailableError.
        """
        ...

    def is_waiting(self, job: Job) -> bool:
        """Return whether a job of that id is queued or running.

        So that the reconciler does not add to a long queue.
        """
        ...
