"""What time does to requests for approval: a reminder, and the end. Part of the steward's tick.

By the clock of Redis, so that it is the same second for every process; after a downtime the first
tick finds all that is due.
"""

from dataclasses import dataclass, replace

from bot.domain.approval import Approval, expire, remind_due
from bot.domain.message import Message
from bot.ports import (
    ConflictError,
    Fence,
    Put,
    RecordStore,
    Stored,
    Transaction,
    UnreadableRecordError,
)
from bot.usecases.approvals import Approvals
from bot.usecases.refusals import cannot_post
from bot.usecases.speak import Fault, closed_door, no_fault, parent_id


@dataclass(frozen=True, kw_only=True)
class ApprovalsTick:
    """Looks at all pending requests of a cluster."""

    store: RecordStore
    approvals: Approvals
    fault: Fault = no_fault

    def run(self, cluster: str, fence: Fence) -> None:
        """Do what is due.

        Raises:
            ConflictError: guard `epoch`: a newer steward has taken over.
        """
        for stored in self.store.get_many(Approval, self.store.open_ids(cluster, Approval)):
            try:
                puts = self._due(stored)
                if not puts:
                    continue
                self.fault("expire.before_commit")
                self.store.commit(Transaction(cluster=cluster, puts=puts, fence=fence))
            except ConflictError as lost:
                if lost.guard == "epoch":
                    raise
                continue  # somebody voted just now: the next tick looks again
            except UnreadableRecordError:
                continue  # its message, or what it is for: the store has told which

    def _due(self, stored: Stored[Approval]) -> tuple[Put, ...]:
        approval, now = stored.value, self.approvals.clock.now()
        if expired := expire(approval, now):
            return self.approvals.turned(stored, expired)
        if remind_due(approval, now):
            return self.approvals.turned(stored, replace(approval, reminded=True, touched_at=now))
        row = self.store.get(Message, parent_id(approval.id))
        if code := closed_door(row.value if row else None):
            return self.approvals.withdrawn(stored, cannot_post(code))
        return self.approvals.pointed_to(approval)
