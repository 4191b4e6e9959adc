"""RQ's own worker with our job class: what was forged in Redis does not run."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from bot.adapters.clock import SystemClock
from bot.adapters.redis_client import connect
from bot.adapters.rq_job import WaggleJob
from bot.adapters.rq_queue import RqJobQueue
from bot.adapters.valkey import EmbeddedValkey
from bot.jobs import Job, JobName
from tests.integration.http_server import Answered, served

PLAN = Job(name=JobName.PLAN, cluster="default", subject="r-1")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    server = EmbeddedValkey(tmp_path)
    server.start()
    client = connect(server.url)
    yield client
    client.close()
    server.stop()


def work(redis: Redis) -> WaggleJob:
    """Let a worker run what is queued; return the job of PLAN's id as it was left."""
    queue = Queue(PLAN.queue_key, connection=redis, job_class=WaggleJob, serializer=JSONSerializer)
    worker = SimpleWorker([queue], connection=redis, job_class=WaggleJob, serializer=JSONSerializer)
    worker.work(burst=True, logging_level="ERROR")
    job = WaggleJob.fetch(PLAN.job_id, connection=redis, serializer=JSONSerializer)
    assert isinstance(job, WaggleJob)
    return job


def forge(redis: Redis, data: list[Any], **fields: str) -> None:
    """Put a job past our own code, as somebody who can write to Redis would."""
    row = {"data": json.dumps(data), "created_at": "2026-11-23T12:00:00Z", "status": "queued"}
    mapping: dict[Any, Any] = row | {"origin": PLAN.queue_key} | fields
    redis.hset(WaggleJob.key_for(PLAN.job_id), mapping=mapping)
    redis.rpush(f"rq:queue:{PLAN.queue_key}", PLAN.job_id)


def test_a_forged_function_fails_and_does_not_run(redis: Redis, tmp_path: Path) -> None:
    forge(redis, ["os.system", None, [f"touch {tmp_path}/ran"], {}])
    assert work(redis).is_failed
    assert not (tmp_path / "ran").exists()


def test_a_forged_callback_does_not_run(redis: Redis, tmp_path: Path) -> None:
    (tmp_path / "forged_callback.py").write_text(
        f"open({str(tmp_path / 'imported')!r}, 'w')\ndef run(*_): pass\n", encoding="utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        forge(
            redis,
            ["workers.entrypoints.plan", None, [], {}],
            failure_callback_name="forged_callback.run",
            success_callback_name="forged_callback.run",
        )
        assert work(redis).is_failed
    assert not (tmp_path / "imported").exists()


def test_a_failed_job_makes_room_for_the_next(redis: Redis) -> None:
    forge(redis, ["os.system", None, ["true"], {}])
    assert work(redis).is_failed
    queue = RqJobQueue(redis, SystemClock(), b"k" * 32)
    assert not queue.is_waiting(PLAN)
    queue.enqueue(PLAN)
    assert queue.is_waiting(PLAN)


def test_a_forged_job_that_was_given_up_calls_nobody(redis: Redis, tmp_path: Path) -> None:
    """RQ's own clean-up runs failure callbacks and webhooks of jobs whose worker died."""
    (tmp_path / "forged_cleanup.py").write_text(
        f"open({str(tmp_path / 'imported')!r}, 'w')\ndef run(*_): pass\n", encoding="utf-8"
    )
    sys.path.insert(0, str(tmp_path))
    try:
        with served(lambda asked: Answered(body={})) as server:
            hook = {"url": f"http://127.0.0.1:{server.port}/", "job_status": "failed"}
            forge(
                redis,
                [JobName.PLAN.value, None, [{}], {}],
                status="started",
                failure_callback_name="forged_cleanup.run",
                webhooks=json.dumps([hook]),
            )
            redis.delete(f"rq:queue:{PLAN.queue_key}")
            redis.zadd(f"rq:wip:{PLAN.queue_key}", {f"{PLAN.job_id}:1": 1.0})
            assert work(redis).is_failed
            assert server.asked == []
    finally:
        sys.path.remove(str(tmp_path))
    assert not (tmp_path / "imported").exists()


def test_forged_pickle_is_not_read(redis: Redis, tmp_path: Path) -> None:
    forge(redis, [])
    pickled = f"cos\nsystem\n(S'touch {tmp_path}/ran'\ntR."
    redis.hset(WaggleJob.key_for(PLAN.job_id), "data", pickled)
    assert work(redis).is_failed
    assert not (tmp_path / "ran").exists()
