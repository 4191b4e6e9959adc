"""Whatever is recorded is carried out: jobs that got lost are enqueued again.

RQ delivers usually once. A record that is open, has not been touched for a while and has no job
waiting gets another; jobs are idempotent, so one too many does no harm.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.change import Action, Change, ChangeState, Query
from bot.domain.rollout.outcome import is_due, was_left_due
from bot.domain.rollout.record import Rollout, RolloutState
from bot.jobs import Job, JobName
from bot.ports import Clock, JobQueue, RecordStore, Stored

UNTOUCHED = timedelta(seconds=3)
"""How long a record waits for its job before another is enqueued, and between two of ours."""

_TO_PLAN = frozenset({RolloutState.ACCEPTED, RolloutState.PLANNED})
_TO_CHANGE = frozenset({ChangeState.ACCEPTED, ChangeState.APPLYING, ChangeState.RETURNING})


@dataclass(frozen=True, kw_only=True)
class Reconcile:
    """Enqueue again what is due and was lost."""

    store: RecordStore
    queue: JobQueue
    clock: Clock
    _tried: dict[str, datetime] = field(default_factory=dict)

    def run(self, cluster: str, rollouts: Sequence[Stored[Rollout]]) -> int:
        """Return how many jobs were enqueued again; `rollouts` are the cluster's open ones."""
        now = self.clock.now()
        due: dict[str, Job] = {}
        for job, touched in self._jobs(cluster, rollouts):
            if now - touched >= UNTOUCHED:
                due[job.job_id] = job
        for old in [key for key in self._tried if key not in due]:
            del self._tried[old]
        return sum(self._again(job, now) for job in due.values())

    def _again(self, job: Job, now: datetime) -> bool:
        last = self._tried.get(job.job_id)
        if last is not None and now - last < UNTOUCHED:
            return False
        if self.queue.is_waiting(job):
            return False
        self._tried[job.job_id] = now
        self.queue.enqueue(job)
        return True

    def _jobs(
        self, cluster: str, rollouts: Sequence[Stored[Rollout]]
    ) -> Iterable[tuple[Job, datetime]]:
        for stored in rollouts:
            rollout = stored.value
            if job := job_of(rollout):
                yield job, rollout.touched_at or rollout.request.accepted_at
        for change in self.store.get_many(Change, self.store.open_ids(cluster, Change)):
            if change.value.state in _TO_CHANGE:
                yield _job(JobName.CHANGE, change.value), _touched(change.value)
        for action in self.store.get_many(Action, self.store.open_ids(cluster, Action)):
            yield _job(JobName.ACT, action.value), _touched(action.value)
        for query in self.store.get_many(Query, self.store.open_ids(cluster, Query)):
            yield _job(JobName.ANSWER, query.value), _touched(query.value)


def job_of(rollout: Rollout) -> Job | None:
    """Return the job that a rollout waits for, if any."""
    if rollout.state in _TO_PLAN:
        return Job(name=JobName.PLAN, cluster=rollout.cluster, subject=rollout.id)
    if (is_due(rollout) or was_left_due(rollout)) and rollout.posting is not None:
        step = rollout.posting.attempt
        return Job(name=JobName.APPLY, cluster=rollout.cluster, subject=rollout.id, step=step)
    return None


def _job(name: JobName, record: Change | Action | Query) -> Job:
    return Job(name=name, cluster=record.cluster, subject=record.id)


def _touched(record: Change | Action | Query) -> datetime:
    return record.touched_at or record.request.accepted_at
