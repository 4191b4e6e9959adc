"""The job queue: RQ with JSON, signed payloads, and one job an id."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final, cast

from redis import Redis
from rq import Queue, Retry
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.queue import EnqueueData
from rq.serializers import JSONSerializer

from bot.adapters.redis_client import translated
from bot.adapters.rq_job import WaggleJob
from bot.jobs import Job, sign
from bot.ports import Clock

JOB_TIMEOUT: Final = timedelta(seconds=120)
RESULT_KEPT: Final = timedelta(seconds=60)
FAILURE_KEPT: Final = timedelta(days=1)

ALIVE_WITHIN: Final = timedelta(seconds=5)
"""A running job's heartbeat is older than this: its worker is dead.

More than twice the worker's job monitoring interval, which is 2 s (workers/rqworker.py).
"""

HANDED_OVER_WITHIN: Final = timedelta(seconds=3)
"""Between leaving the queue and being marked as started a job is in neither place for a moment."""


class RqJobQueue:
    """Implements `bot.ports.JobQueue`.

    Truth is the record, not the queue: at worst a job runs twice, or is put again by the
    reconciler.
    """

    def __init__(self, redis: Redis, clock: Clock, key: bytes) -> None:
        self._redis = redis
        self._clock = clock
        self._key = key
        self._queues: dict[str, Queue] = {}

    def enqueue(self, job: Job) -> None:
        """Put a job on its queue, unless a job of that id waits or runs.

        What is left of an earlier run (finished, failed, or lost with its worker) is replaced.
        """
        with translated():
            try:
                self._put(job)
            except DuplicateJobError:
                if self.is_waiting(job):
                    return
                self._forget(job)
                self._put_again(job)

    def enqueue_new(self, jobs: Sequence[Job]) -> None:
        """Put jobs whose ids were never used before, each queue's in one round trip.

        Nobody looks whether one is there already: should the reply be lost, redis-py puts them
        twice, and they run twice.
        """
        with translated():
            for key, some in groupby(sorted(jobs, key=_queue_key), key=_queue_key):
                self._queue(key).enqueue_many([self._data(job) for job in some])

    def is_waiting(self, job: Job) -> bool:
        """Return whether a job of that id is queued or running.

        RQ's own word is not enough: a job can be `queued` in no queue, or `started` by a worker
        that was killed.
        """
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            pipeline.lpos(self._queue(job.queue_key).key, job.job_id)
            pipeline.hmget(
                WaggleJob.key_for(job.job_id),
                ["status", "last_heartbeat", "started_at", "enqueued_at"],
            )
            place, row = cast("tuple[int | None, list[bytes | None]]", tuple(pipeline.execute()))
        status, beat, started, queued = (field.decode() if field else "" for field in row)
        if status == "started":
            return self._is_recent(beat or started, ALIVE_WITHIN)
        if status == "queued":
            return place is not None or self._is_recent(queued, HANDED_OVER_WITHIN)
        return False

    def _put(self, job: Job) -> None:
        self._queue(job.queue_key).enqueue_call(**self._data(job)._asdict(), unique=True)

    def _data(self, job: Job) -> EnqueueData:
        return Queue.prepare_data(
            func=job.name.value,
            args=(sign(job, self._key).model_dump(mode="json"),),
            timeout=round(JOB_TIMEOUT.total_seconds()),
            result_ttl=round(RESULT_KEPT.total_seconds()),
            failure_ttl=round(FAILURE_KEPT.total_seconds()),
            description=job.job_id,
            job_id=job.job_id,
            # No interval: a delayed retry needs RQ's scheduler, which does not run.
            retry=Retry(max=3),
        )

    def _put_again(self, job: Job) -> None:
        try:
            self._put(job)
        except DuplicateJobError:
            return  # somebody else was faster; that is as good

    def _forget(self, job: Job) -> None:
        try:
            old = WaggleJob.fetch(job.job_id, connection=self._redis, serializer=JSONSerializer)
        except (NoSuchJobError, ValueError):
            self._redis.delete(WaggleJob.key_for(job.job_id))  # a remainder that cannot be read
        else:
            old.delete()

    def _queue(self, key: str) -> Queue:
        """Return RQ's queue; made once, as that takes longer than to use it."""
        if key not in self._queues:
            self._queues[key] = Queue(
                key, connection=self._redis, job_class=WaggleJob, serializer=JSONSerializer
            )
        return self._queues[key]

    def _is_recent(self, moment: str, within: timedelta) -> bool:
        if not moment:
            return False
        then = datetime.fromisoformat(moment)
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        return self._clock.now() - then < within


def _queue_key(job: Job) -> str:
    return job.queue_key
