"""RQ's own worker with our job class: what was forged in Redis does not run."""

import json
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
