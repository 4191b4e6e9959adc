"""The steward's look at the locks: end those whose time is up, remind of those forgotten.

That a lock holds no more is decided by the clock wherever it is asked; here its end is noted and
told, once, however late.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.lock import Lock
from bot.domain.lock.record import NAG_EVERY, expired, is_nag_due
from bot.ports import (
    Clock,
    ConflictError,
    Fence,
    Put,
    RecordStore,
    Stored,
    Transaction,
    UnreadableRecordError,
)
from bot.usecases.lock_rows import LockScribe
from bot.usecases.speak import Fault, no_fault


@dataclass(frozen=True, kw_only=True)
class LocksTick:
    """One look at all locks of a cluster.

    Attributes:
        nag_every: between two reminders of a lock without an end.
    """

    store: RecordStore
    scribe: LockScribe
    clock: Clock
    nag_every: timedelta = NAG_EVERY
    fault: Fault = no_fault

    def run(self, cluster: str, fence: Fence) -> None:
        """Do one round.

        Raises:
            ConflictError: guard `epoch`: a newer steward has taken over.
            StoreUnavailableError: Redis is away.
        """
        now = self.clock.now()
        for stored in self.store.readable_locks(cluster):
            try:
                self._look(stored, fence, now)
            except ConflictError as lost:
                if lost.guard == "epoch":
                    raise
                continue  # it was unlocked just now, or its message moved on: the next look tells
            except UnreadableRecordError:
                continue  # its message: the store has told which, and the other locks go on

    def _look(self, stored: Stored[Lock], fence: Fence, now: datetime) -> None:
        lock = stored.value
        if lock.is_over(now):
            self._expire(stored, fence, now)
        elif is_nag_due(lock, now, self.nag_every):
            nagged = replace(lock, nagged_at=now)
            puts = (Put(record=nagged, rev=stored.rev), self.scribe.nag(nagged, now))
            self.store.commit(Transaction(cluster=lock.cluster, puts=puts, fence=fence))

    def _expire(self, stored: Stored[Lock], fence: Fence, now: datetime) -> None:
        over = expired(stored.value)
        puts = (Put(record=over, rev=stored.rev), *self.scribe.ended(over, now))
        release = (over.scope.key, over.id)
        self.fault("lock.before_expiry")
        self.store.commit(
            Transaction(cluster=over.cluster, puts=puts, release=release, fence=fence)
        )
        self.fault("lock.after_expiry")
