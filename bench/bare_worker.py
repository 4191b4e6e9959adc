"""The floor of a job's start: a bare RQ worker, which forks for each job, and a job that is empty.

`python -m bench.bare_worker` with REDIS_URL.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from bench.processes import running, until

QUEUE = "bare-worker"


def nothing() -> None:
    """Is the job."""


@contextmanager
def bare_worker(url: str) -> Iterator[Queue]:
    """Run one beside what uses that Redis; yield its queue when it listens."""
    redis = Redis.from_url(url)
    queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
    with TemporaryDirectory(prefix="wb-") as place:
        log = Path(place) / "log"
        with running("bench.bare_worker", told={"REDIS_URL": url}, log=log):
            until(lambda: Worker.count(queue=queue) > 0, "the bare worker to listen", 30)
            yield queue


def main() -> None:
    """Work until SIGTERM."""
    redis = Redis.from_url(os.environ["REDIS_URL"])
    queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
    Worker([queue], connection=redis, serializer=JSONSerializer).work(logging_level="WARNING")


if __name__ == "__main__":
    main()
