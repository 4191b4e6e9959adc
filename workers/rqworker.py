"""An RQ worker as this project needs it: one queue, quick to notice deaths, no orphan horses.

Every number answers a measured fault of RQ 3.0 (docs/explanation/queue.md).
"""

import faulthandler
import os
import signal
from collections.abc import Callable
from typing import Any

import structlog
from redis import Redis
from rq import Queue, Worker
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer

from bot.adapters.rq_job import WaggleJob
from workers.prctl import be_called, die_with_parent

MONITORING = 2
"""Seconds between heartbeats while a job runs."""

IDLE_TTL = 20
"""RQ's worker_ttl; the idle worker wakes 15 s earlier, so every 5 s."""

STUCK = 30
"""Seconds after which a job that still runs writes into the log where each of its threads is: a
job is over in a few. Files, lines and functions only, no values."""

MAINTENANCE = 7
"""Seconds between looks at abandoned jobs; by RQ's default of 600 one waits for 13 minutes."""

_log = structlog.get_logger("waggle.rq")


class QueueWorker(Worker):
    """Listens on exactly one queue and forks a work horse per job.

    Forked, so that a job that is killed or runs wild takes nothing else with it.

    Attributes:
        on_beat: called at each heartbeat of this worker (not of its horses), at least every 5 s.
        stuck: seconds after which a job writes down where it is.
    """

    stuck: float = STUCK
    max_connection_wait_time = 1.0  # RQ waits up to 60 s between tries to reach Redis

    def __init__(self, queue: Queue, on_beat: Callable[[], None]) -> None:
        self.on_beat = on_beat
        super().__init__(
            [queue],
            connection=queue.connection,
            job_class=WaggleJob,
            serializer=JSONSerializer,
            job_monitoring_interval=MONITORING,
            maintenance_interval=MAINTENANCE,
            worker_ttl=IDLE_TTL,
            log_job_description=False,
            work_horse_killed_handler=_killed,
        )
        self._owner = os.getpid()

    def heartbeat(self, *args: Any, **kwargs: Any) -> None:
        """Tell RQ, and /readyz, that this process lives."""
        super().heartbeat(*args, **kwargs)
        if os.getpid() == self._owner:
            self.on_beat()

    def get_heartbeat_ttl(self, job: RqJob, working_time: float = 0.0) -> int:
        """Return how long a job counts as running without news: RQ adds a fixed 60 s, this 10."""
        del job, working_time
        return int(self.job_monitoring_interval) + 10

    def procline(self, message: str) -> None:
        """Keep the command line: RQ writes over it where setproctitle happens to be installed.

        It lies beside the environment, which would no longer be readable; `ps -o comm` names us.
        """
        del message

    def setup_work_horse_signals(self) -> None:
        """Let the horse die with this process: an orphan would run on beside its own repetition."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]  # RQ has no annotation there
        die_with_parent(self._owner, signal.SIGKILL)
        be_called("waggle:job")
        faulthandler.dump_traceback_later(self.stuck)


def make_worker(redis: Redis, queue_key: str, on_beat: Callable[[], None]) -> QueueWorker:
    """Return the worker of one queue."""
    queue = Queue(queue_key, connection=redis, job_class=WaggleJob, serializer=JSONSerializer)
    return QueueWorker(queue, on_beat)


def _killed(job: RqJob, *details: object) -> None:
    # nothing to repair here: the record stands, and the steward enqueues it again
    del details
    _log.warning("horse_killed", job=job.id)
