"""The job queue's contract, and what RQ makes of it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from rq.utils import utcformat

from bot.adapters.rq_job import WaggleJob
from bot.adapters.rq_queue import RqJobQueue
from bot.jobs import Job, JobName, SignedJob, verify
from bot.ports import JobQueue
from tests.fakes.clock import FakeClock
from tests.fakes.queue import FakeJobQueue

KEY = b"k" * 32
PLAN = Job(name=JobName.PLAN, cluster="default", subject="r-1")
ANSWER = Job(name=JobName.ANSWER, cluster="default", subject="q-1")


@pytest.fixture
def clock() -> FakeClock:
    from bot.adapters.clock import SystemClock

    return FakeClock(SystemClock().now())  # RQ writes its own times


@pytest.fixture(params=["fake", "rq"])
def queue(request: pytest.FixtureRequest, clock: FakeClock) -> JobQueue:
    if request.param == "fake":
        return FakeJobQueue()
    return RqJobQueue(request.getfixturevalue("redis"), clock, KEY)


@pytest.fixture
def real(redis: Redis, clock: FakeClock) -> RqJobQueue:
    return RqJobQueue(redis, clock, KEY)


def rq_queue(redis: Redis, job: Job) -> Queue:
    return Queue(job.queue_key, connection=redis, job_class=WaggleJob, serializer=JSONSerializer)


def row(redis: Redis, job: Job, **fields: str) -> None:
    redis.hset(WaggleJob.key_for(job.job_id), mapping=dict[Any, Any](fields))


def test_a_job_waits_until_it_is_taken(queue: JobQueue) -> None:
    assert not queue.is_waiting(PLAN)
    queue.enqueue(PLAN)
    assert queue.is_waiting(PLAN)
    assert not queue.is_waiting(ANSWER)
    assert not queue.is_waiting(PLAN.model_copy(update={"step": 1}))


def test_new_jobs_are_put_at_once_each_on_its_queue(real: RqJobQueue, redis: Redis) -> None:
    second = PLAN.model_copy(update={"subject": "r-2"})
    real.enqueue_new([PLAN, ANSWER, second])
    assert rq_queue(redis, PLAN).job_ids == [PLAN.job_id, second.job_id]
    assert rq_queue(redis, ANSWER).job_ids == [ANSWER.job_id]
    assert real.is_waiting(second)
    one_by_one = PLAN.model_copy(update={"subject": "r-3"})
    real.enqueue(one_by_one)
    made = [WaggleJob.fetch(j.job_id, redis, JSONSerializer) for j in (PLAN, one_by_one)]
    assert len({(j.timeout, j.result_ttl, j.failure_ttl, j.retries_left) for j in made}) == 1


def test_reads_have_a_queue_of_their_own(real: RqJobQueue, redis: Redis) -> None:
    real.enqueue(PLAN)
    real.enqueue(ANSWER)
    assert rq_queue(redis, PLAN).job_ids == ["plan-r-1-0"]
    assert rq_queue(redis, ANSWER).job_ids == ["answer-q-1-0"]


def test_a_job_is_not_put_twice(real: RqJobQueue, redis: Redis) -> None:
    real.enqueue(PLAN)
    real.enqueue(PLAN)
    assert rq_queue(redis, PLAN).job_ids == [PLAN.job_id]


def test_what_stands_in_redis_is_json_and_signed(real: RqJobQueue, redis: Redis) -> None:
    real.enqueue(PLAN)
    job = WaggleJob.fetch(PLAN.job_id, connection=redis, serializer=JSONSerializer)
    assert job.func_name == "workers.entrypoints.plan"
    payload = SignedJob.model_validate(job.args[0])
    assert verify(payload, KEY) == PLAN
    assert (job.timeout, job.retries_left, job.result_ttl) == (120, 3, 60)
    with pytest.raises(PermissionError):
        verify(payload, b"another key")


@pytest.mark.parametrize("status", ["finished", "failed", "stopped"])
def test_what_is_left_of_an_earlier_run_is_replaced(
    real: RqJobQueue, redis: Redis, status: str
) -> None:
    real.enqueue(PLAN)
    redis.delete(rq_queue(redis, PLAN).key)
    row(redis, PLAN, status=status)
    assert not real.is_waiting(PLAN)
    real.enqueue(PLAN)
    assert rq_queue(redis, PLAN).job_ids == [PLAN.job_id]
    assert real.is_waiting(PLAN)


def test_a_running_job_is_left_alone_until_its_worker_is_silent(
    real: RqJobQueue, redis: Redis, clock: FakeClock
) -> None:
    real.enqueue(PLAN)
    redis.delete(rq_queue(redis, PLAN).key)
    row(redis, PLAN, status="started", last_heartbeat=utcformat(clock.now()))
    real.enqueue(PLAN)
    assert rq_queue(redis, PLAN).job_ids == []
    clock.advance(timedelta(seconds=13))
    assert not real.is_waiting(PLAN)
    real.enqueue(PLAN)
    assert rq_queue(redis, PLAN).job_ids == [PLAN.job_id]


def test_a_job_lost_between_queue_and_worker_is_put_again(
    real: RqJobQueue, redis: Redis, clock: FakeClock
) -> None:
    real.enqueue(PLAN)
    redis.delete(rq_queue(redis, PLAN).key)
    assert real.is_waiting(PLAN)  # it may be on its way
    clock.advance(timedelta(seconds=5))
    assert not real.is_waiting(PLAN)
    real.enqueue(PLAN)
    assert rq_queue(redis, PLAN).job_ids == [PLAN.job_id]


def test_a_remainder_without_payload_is_replaced(real: RqJobQueue, redis: Redis) -> None:
    row(redis, PLAN, last_heartbeat="garbled")
    real.enqueue(PLAN)
    assert rq_queue(redis, PLAN).job_ids == [PLAN.job_id]


def forged(redis: Redis, data: list[Any], **fields: str) -> WaggleJob:
    row(redis, PLAN, data=json.dumps(data), created_at="2026-11-23T12:00:00Z", **fields)
    job = WaggleJob.fetch(PLAN.job_id, connection=redis, serializer=JSONSerializer)
    assert isinstance(job, WaggleJob)
    return job


@pytest.mark.parametrize(
    "data",
    [
        ["os.system", None, ["true"], {}],
        ["plan", "workers.entrypoints", [], {}],
        ["workers.entrypoints.plan", "an object", [], {}],
        ["workers.entrypoints.plan.__call__", None, [], {}],
        [None, None, [], {}],
    ],
)
def test_a_forged_function_is_refused(redis: Redis, data: list[Any]) -> None:
    with pytest.raises(PermissionError):
        forged(redis, data).perform()


@pytest.mark.parametrize("which", ["success", "failure", "stopped"])
def test_a_forged_callback_is_neither_imported_nor_run(redis: Redis, which: str) -> None:
    callback = {f"{which}_callback_name": "os.abort"}
    job = forged(redis, ["workers.entrypoints.plan", None, [], {}], **callback)
    assert job.success_callback is None
    assert job.failure_callback is None
    assert job.stopped_callback is None
    with pytest.raises(PermissionError, match="callbacks"):
        job.perform()


def test_a_forged_webhook_is_forgotten(redis: Redis) -> None:
    hook = {"url": "http://127.0.0.1:9/", "method": "POST", "job_status": "failed"}
    job = forged(redis, ["workers.entrypoints.plan", None, [], {}], webhooks=json.dumps([hook]))
    assert job.webhooks == []
