"""The steward's look at the rules in force: a change of them is an entry in the audit log.

Every process reads the file itself. The leading steward alone records what it finds, under its
epoch and by compare-and-set; the store writes the entry with it. So each change has one.
"""

from dataclasses import dataclass, field

from bot.domain.policy_version import PolicyVersion, found
from bot.ports import ConflictError, Fence, PolicySource, Put, RecordStore, Transaction


@dataclass(kw_only=True)
class KeepPolicy:
    """Record which rules are in force, and that a file was refused."""

    store: RecordStore
    policies: PolicySource
    _known: tuple[int, str, str] | None = field(default=None, init=False)

    def run(self, fence: Fence) -> None:
        """Look once.

        Raises:
            ConflictError: guard `epoch`: a newer steward has taken over.
            StoreUnavailableError: Redis does not answer; the next look tells it.
        """
        problem, policy = self.policies.problem(), self.policies.current()
        # under another epoch somebody else may have recorded something else meanwhile
        seen = (fence.epoch, policy.hash, problem)
        if seen == self._known:
            return
        stored = self.store.get(PolicyVersion, fence.cluster)
        before = stored.value if stored else PolicyVersion(id=fence.cluster, cluster=fence.cluster)
        after = found(before, policy.hash, problem)
        if after != before:
            put = Put(record=after, rev=stored.rev if stored else 0)
            try:
                self.store.commit(Transaction(cluster=fence.cluster, puts=(put,), fence=fence))
            except ConflictError as lost:
                if lost.guard == "epoch":
                    raise
                return  # somebody else was first: the next look compares with that
        self._known = seen
