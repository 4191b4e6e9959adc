"""The worker's processes, really started and really killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from bot.adapters import keys
from bot.domain.change import DoneState, Query
from bot.jobs import QueueName, queue_key
from tests.integration.worker_bed import WorkerBed, children, is_alive, worker_bed
from tests.waiting import eventually

NOWHERE = "unix:///nonexistent/docker.sock"


@pytest.fixture
def bed(redis_url: str, tmp_path: Path) -> Iterator[WorkerBed]:
    with worker_bed(redis_url, tmp_path, NOWHERE) as made:
        yield made


@pytest.fixture
def deaf_engine(tmp_path: Path) -> Iterator[str]:
    """An Engine that takes connections and never answers."""
    path = tmp_path / "deaf.sock"
    held: list[socket.socket] = []
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(50)

    def accept() -> None:
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"unix://{path}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)
    for each in held:
        each.close()


def is_answered(bed: WorkerBed, query_id: str) -> bool:
    stored = bed.store.get(Query, query_id)
    return stored is not None and stored.value.state is DoneState.DONE


@pytest.mark.parametrize("what", ["supervise", "rq", "steward"])
def test_wrong_settings_are_one_line_each_and_exit_2(what: str) -> None:
    environ = {"PATH": os.environ["PATH"], "WAGGLE_POLICY": "everyone", "REDIS_URL": "ftp://x"}
    run = subprocess.run(
        [sys.executable, "-m", "workers", what],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    lines = run.stderr.splitlines()
    assert all(line.startswith("waggle worker: ") for line in lines)
    for name in ("SLACK_BOT_TOKEN", "WAGGLE_POLICY", "REDIS_URL"):
        assert name in run.stderr
    assert len(lines) == 3


def test_without_an_engine_a_question_is_answered_and_nobody_is_ready(bed: WorkerBed) -> None:
    process = bed.start("rq", "--queue", "queries")
    query = bed.type("services")
    eventually(lambda: is_answered(bed, query))
    seen = eventually(lambda: bed.workspace.client.messages("#ops"))
    assert "does not answer" in seen[-1].text
    assert not bed.leases.beats().get("default")
    assert "engine_away" in bed.log()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_the_supervisor_restarts_what_dies_and_ends_in_peace(bed: WorkerBed) -> None:
    supervisor = bed.start("supervise")
    first = bed.child(supervisor.pid, "queries")
    steward = bed.child(supervisor.pid, "steward")
    os.kill(first, signal.SIGKILL)
    eventually(lambda: bed.child(supervisor.pid, "queries") != first)
    query = bed.type("services")
    eventually(lambda: is_answered(bed, query))
    all_of_them = children(supervisor.pid)
    assert steward in all_of_them
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(30) == 0
    assert not [pid for pid in all_of_them if is_alive(pid)]


def test_a_killed_supervisor_takes_everything_with_it(bed: WorkerBed) -> None:
    supervisor = bed.start("supervise")
    for what in ("queries", "rollouts", "steward"):
        bed.child(supervisor.pid, what)
    below = children(supervisor.pid)
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    eventually(lambda: not [pid for pid in below if is_alive(pid)])


def test_a_horse_dies_with_its_worker_and_the_job_is_done_again(
    bed: WorkerBed, deaf_engine: str
) -> None:
    worker = bed.start("rq", "--queue", "queries", DOCKER_HOST=deaf_engine)
    query = bed.type("services")
    (horse,) = eventually(lambda: children(worker.pid))
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    eventually(lambda: not is_alive(horse))
    bed.start("rq", "--queue", "queries")
    bed.start("steward")
    eventually(lambda: is_answered(bed, query))


def test_a_lost_job_is_enqueued_again_by_the_steward(bed: WorkerBed) -> None:
    query = bed.type("services")
    Queue(queue_key("default", QueueName.QUERIES), connection=bed.redis).empty()  # type: ignore[no-untyped-call]  # RQ has no annotation there
    bed.start("steward")
    bed.start("rq", "--queue", "queries")
    eventually(lambda: is_answered(bed, query))


def test_a_job_that_waggle_did_not_write_is_not_run(bed: WorkerBed, tmp_path: Path) -> None:
    made = tmp_path / "made"
    queue = Queue(
        queue_key("default", QueueName.QUERIES), connection=bed.redis, serializer=JSONSerializer
    )
    queue.enqueue("os.system", f"touch {made}")
    queue.enqueue("workers.entrypoints.plan", {"job": {}, "signature": "x"})
    bed.start("rq", "--queue", "queries")
    query = bed.type("services")
    eventually(lambda: is_answered(bed, query))
    assert not made.exists()
    assert "job_refused" in bed.log()


def test_a_steward_gives_way_at_once_when_it_is_told_to_and_soon_when_killed(
    bed: WorkerBed,
) -> None:
    first, second = bed.start("steward"), bed.start("steward")
    eventually(lambda: "leading" in bed.log())
    leads_first = "leading" in (bed.data / "log-0").read_text()
    one, other, log = (first, second, "log-1") if leads_first else (second, first, "log-0")
    one.send_signal(signal.SIGTERM)
    assert one.wait(10) == 0
    eventually(lambda: "leading" in (bed.data / log).read_text())
    third = bed.start("steward")
    other.send_signal(signal.SIGKILL)
    eventually(lambda: "leading" in (bed.data / "log-2").read_text())
    third.send_signal(signal.SIGTERM)
    assert third.wait(10) == 0
    assert bed.leases.acquire("default", "me", timedelta(seconds=1)) is not None


def test_a_killed_stewards_lease_ends_with_it(bed: WorkerBed) -> None:
    supervisor = bed.start("supervise")
    steward = bed.child(supervisor.pid, "steward")
    lease = keys.lease("default")
    eventually(lambda: bed.redis.exists(lease))
    os.kill(steward, signal.SIGSTOP)
    assert bed.redis.pexpire(lease, timedelta(hours=1))  # it does not end by itself
    os.kill(steward, signal.SIGKILL)

    def of_another() -> bool:
        holder = bed.redis.get(lease)
        return isinstance(holder, bytes) and not holder.endswith(f"-{steward}".encode())

    eventually(of_another)
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(30) == 0


def test_redis_killed_and_back_is_survived(bed: WorkerBed, redis_url: str) -> None:
    supervisor = bed.start("supervise")
    bed.child(supervisor.pid, "queries")
    query = bed.type("services")
    eventually(lambda: is_answered(bed, query))
    info = bed.redis.info("server")
    os.kill(int(info["process_id"]), signal.SIGKILL)
    again = eventually(lambda: _typed(bed))
    eventually(lambda: is_answered(bed, again))
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(30) == 0


def test_without_redis_url_the_worker_brings_its_own_and_takes_it_along(bed: WorkerBed) -> None:
    del bed.environ["REDIS_URL"]
    supervisor = bed.start("supervise")
    bed.child(supervisor.pid, "steward")
    with bed.own_redis() as redis:
        eventually(lambda: "leading" in bed.log())
        os.kill(int(redis.info("server")["process_id"]), signal.SIGKILL)
        eventually(redis.ping)
        server = int(redis.info("server")["process_id"])
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(30) == 0
    assert not is_alive(server)


def _typed(bed: WorkerBed) -> str:
    from bot.ports import StoreUnavailableError

    try:
        return bed.type("services")
    except StoreUnavailableError:
        return ""
