"""Redis: the record store, the steward's lease, the rate budget, the queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from bot.domain.approval import Approval
from bot.domain.audit import AuditDraft
from bot.domain.change import Action, Change, Query
from bot.domain.errors import UserError
from bot.domain.lock import Lock
from bot.domain.message import Message
from bot.domain.notice import Circulation
from bot.domain.policy_version import PolicyVersion
from bot.domain.revision import History, RevisionSpec
from bot.domain.rollout.record import Rollout
from bot.domain.subscription import Subscription
from bot.domain.trouble import Trouble
from bot.domain.vitals import LastSeen, Vitals
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
    | PolicyVersion
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
    PolicyVersion,
)
Asked = type[Rollout] | type[Change] | type[Action] | type[Query] | type[Approval]
"""The kinds of records that somebody asked for, and that end."""


class ConflictError(Exception):
    """A guard of a transaction did not hold: somebody else was first. Read again and decide anew.

    Nothing was written.

    Attributes:
        guard: `rev`, `live`, `once`, `epoch`, `asked`; `said`: a message is still on its way.
        found: for `live` the id of the rollout that holds the service; for `once` the value written
            the first time; for `asked` how many there are.
    """

    def __init__(self, guard: str, found: str = "") -> None:
        super().__init__(
            f"{guard} guard did not hold ({found})" if found else f"{guard} guard did not hold"
        )
        self.guard = guard
        self.found = found


class StoreUnavailableError(Exception):
    """Redis cannot be reached, is full or read-only. The write may or may not have happened."""


class UnreadableRecordError(UserError):
    """A record is there and cannot be read: damaged, or written by a newer version.

    To ask again does not help; whoever runs Waggle has to look at it.

    Attributes:
        key: where Redis has it; what stands there is shown to nobody.
    """

    def __init__(self, key: str) -> None:
        super().__init__(
            f"A record of Waggle cannot be read: `{key}`.",
            "Whoever runs Waggle can mend that: the how-to is called “Mend a record”.",
        )
        self.key = key


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
        asked: how many requests for approval the cluster had ever had when the store was looked at:
            fails with ConflictError('asked') when another was made since. So what was decided by
            all requests together is written only if it still stands.
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
    asked: int | None = None
    audit: tuple[AuditDraft, ...] = ()


class RecordStore(Protocol):
    """The truth: records changed only by compare-and-set.

    All methods may raise StoreUnavailableError. A record that cannot be read is left out of what
    returns many, told in the log once, and listed by `unreadable`.
    """

    def get(self, kind: type[R], record_id: str) -> Stored[R] | None:
        """Return the record with its revision, or None.

        Raises:
            UnreadableRecordError: it is there and cannot be read.
        """
        ...

    def unreadable(self) -> list[str]:
        """Return the keys of the records that were found to be unreadable, and still are."""
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

    def recent_rollout_ids(self, cluster: str, limit: int) -> list[str]:
        """Return the ids of the same, for who needs one of them at most."""
        ...

    def recent_approvals(self, cluster: str, limit: int) -> list[Stored[Approval]]:
        """Return the newest approvals first, ended ones included (records are kept 90 days)."""
        ...

    def asked_count(self, cluster: str) -> int:
        """Return how many requests for approval were ever made there: read it before you look."""
        ...

    def live_rollout(self, cluster: str, service: str) -> str | None:
        """Return the id of the rollout that holds the service, or None."""
        ...

    def due_messages(self, cluster: str, now: datetime, limit: int) -> list[Stored[Message]]:
        """Return outbox rows to be sent by now, most urgent first, then oldest."""
        ...

    def open_locks(self, cluster: str) -> list[Stored[Lock]]:
        """Return the locks that have not ended, oldest first, in one round trip.

        Raises:
            UnreadableRecordError: one cannot be read, so nobody can tell what is locked.
        """
        ...

    def readable_locks(self, cluster: str) -> list[Stored[Lock]]:
        """Return the same without those that cannot be read: for what has to go on regardless."""
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

    def beat(
        self, cluster: str, role: str, who: str, ttl: timedelta, troubles: Sequence[Trouble] = ()
    ) -> None:
        """Leave a heartbeat, and what the process has to say of itself; both end with `ttl`.

        Args:
            cluster: whose process it is.
            role: the queue that it listens on, or `steward`.
            who: unique to the process among those of its role.
            ttl: how long it counts.
            troubles: all that it has now; none takes back those that it had.
        """
        ...

    def beats(self) -> dict[str, dict[str, int]]:
        """Return, per known cluster, how many fresh heartbeats each role has.

        For instance `{'default': {'queries': 2, 'rollouts': 2, 'steward': 1}}`.
        """
        ...

    def troubles(self) -> dict[str, dict[str, tuple[Trouble, ...]]]:
        """Return the troubles that came with fresh heartbeats: cluster → process → troubles.

        A process is named `rollouts HOST-PID`. Whoever has none is left out.
        """
        ...

    def tell(self, cluster: str, vitals: Vitals) -> None:
        """Keep how a swarm is, for a week."""
        ...

    def vitals(self) -> dict[str, LastSeen]:
        """Return, of each known cluster that ever told, what it told last and how long ago."""
        ...


class Roster(Protocol):
    """The leases, as far as who only looks needs them."""

    def beats(self) -> Mapping[str, Mapping[str, int]]:
        """Return, per known cluster, how many fresh heartbeats each role has.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        ...

    def vitals(self) -> Mapping[str, LastSeen]:
        """Return, of each known cluster that ever told, what it told last and how long ago.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        ...


class Budget(Protocol):
    """The Redis-wide rate budget.

    One token bucket per Slack method (and per channel for chat.postMessage).
    """

    def take(self, method: str, channel: str, now: datetime, *, urgent: bool = False) -> timedelta:
        """Take a token.

        Return zero when it was given, else how long to wait before asking again. For who is urgent
        the next one is kept, for a moment: nobody else gets it.
        """
        ...

    def give_back(self, method: str, channel: str, now: datetime) -> None:
        """Put back a token that was taken and with which no call was made."""
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
