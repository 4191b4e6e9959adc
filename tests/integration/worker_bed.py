"""Real worker processes, a real Valkey and the local workspace; the Engine may be missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from redis import Redis

from bot.adapters.audit_chain import AuditChain
from bot.adapters.clock import SystemClock
from bot.adapters.ids import RandomIds
from bot.adapters.redis_client import connect
from bot.adapters.redis_leases import RedisLeases
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.rq_queue import RqJobQueue
from bot.adapters.valkey import EmbeddedValkey
from bot.domain.change import Query
from bot.domain.flags.verb import VerbClass
from bot.domain.grammar import Command, parse
from bot.domain.plan import Kind
from bot.domain.request import Place, Principal, Request, Source
from bot.domain.rollout.record import Rollout
from bot.jobs import Job, JobName
from bot.ports import Put, Transaction
from config.settings import load_worker
from playground.workspace import LocalWorkspace
from tests.waiting import eventually

T = TypeVar("T")
CHANNEL = "C0OPS"
ANN = "U0ANN"


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def children(pid: int) -> list[int]:
    """Return the ids of a process's children, of all its threads."""
    found: list[int] = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found.extend(int(word) for word in tasks.read_text().split())
    return found


def name(pid: int) -> str:
    """Return what a process calls itself."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


class WorkerBed:
    """The environment of a worker, and its processes."""

    def __init__(self, redis_url: str, workspace: LocalWorkspace, data: Path, host: str) -> None:
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(data),
            "SLACK_BOT_TOKEN": workspace.settings.bot_token,
            "SLACK_API_URL": workspace.api_url,
            "WAGGLE_POLICY": "open",
            "WAGGLE_DATA": str(data),
            "REDIS_URL": redis_url,
            "DOCKER_HOST": host,
        }
        self.workspace = workspace
        self.data = data
        self.redis: Redis = connect(redis_url)
        chain = AuditChain(load_worker(self.environ).audit_key, SystemClock())
        self.store = RedisRecordStore(self.redis, chain)
        self.leases = RedisLeases(self.redis)
        key = load_worker(self.environ).signing_key
        self.queue = RqJobQueue(self.redis, SystemClock(), key)
        self.ids = RandomIds()
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *what: str, **environ: str) -> subprocess.Popen[bytes]:
        """Start `python -m workers …`; its log goes to a file in the data directory."""
        number = len(self.started)
        with (self.data / f"log-{number}").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "workers", *what],
                env={**self.environ, **environ},
                stderr=log,
                stdout=log,
            )
        self.started.append(process)
        return process

    def log(self) -> str:
        """Return all that the processes have logged."""
        return "".join(file.read_text() for file in sorted(self.data.glob("log-*")))

    def own_redis(self) -> Redis:
        """Return a client of the server that a worker without REDIS_URL runs."""
        return connect(EmbeddedValkey(self.data).url)

    def stop(self) -> None:
        """End what was started and still runs."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
        self.redis.close()

    def child(self, supervisor: int, what: str) -> int:
        """Return the supervisor's child for `queries`, `rollouts` or `steward`, once it runs."""

        def look() -> int:
            for pid in children(supervisor):
                if name(pid) == f"waggle:{what}":
                    return pid
            return 0

        return eventually(look)

    def type(self, line: str) -> str:
        """Record a command and enqueue its job, as the bot does."""
        command = parse(line)
        assert isinstance(command, Command), command
        rolls = command.verb_class is VerbClass.ROLLOUT
        request = Request(
            id=self.ids.new("r" if rolls else "q"),
            cluster="default",
            by=Principal(team="T0", user=ANN),
            place=Place(channel=CHANNEL),
            source=Source.MENTION,
            line=command.canonical,
            command=command.to_json(),
            accepted_at=SystemClock().now(),
        )
        record: Rollout | Query
        if rolls:
            kind = Kind(command.verb.value)
            service = command.targets[0]
            record = Rollout(
                id=request.id, cluster="default", kind=kind, request=request, service=service
            )
        else:
            record = Query(id=request.id, cluster="default", request=request)
        self.store.commit(Transaction(cluster="default", puts=(Put(record=record, rev=0),)))
        job = JobName.PLAN if rolls else JobName.ANSWER
        self.queue.enqueue(Job(name=job, cluster="default", subject=record.id))
        return request.id

    def rollout(self, record_id: str) -> Rollout:
        stored = self.store.get(Rollout, record_id)
        assert stored is not None
        return replace(stored.value)


@contextmanager
def worker_bed(redis_url: str, data: Path, host: str) -> Iterator[WorkerBed]:
    """Yield a bed; nothing that it started is left running."""
    with LocalWorkspace() as workspace:
        bed = WorkerBed(redis_url, workspace, data, host)
        try:
            yield bed
        finally:
            bed.stop()
