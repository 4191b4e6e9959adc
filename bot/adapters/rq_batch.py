"""Jobs put by a thread of their own, all that have come meanwhile at once.

RQ takes about a millisecond to put one job, and a quarter of that for each of ten. A command's ack
does not wait for it: its record stands by then, and a job that is lost with this process the
steward puts again (docs/adr/0010).
"""

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

from bot.jobs import Job
from bot.ports import JobQueue, StoreUnavailableError

MOST_AT_ONCE: Final = 50
"""A batch is one transaction: Redis serves nobody else meanwhile."""

_log = logging.getLogger(__name__)


class Batched(JobQueue, Protocol):
    """A queue that can take several new jobs at once."""

    def enqueue_new(self, jobs: Sequence[Job]) -> None:
        """Put jobs whose ids were never used before. Raises StoreUnavailableError."""
        ...


class BatchingQueue:
    """Implements `bot.ports.JobQueue` for jobs of records that were written a moment ago.

    `enqueue` returns at once and never raises; what Redis did not take is left to the steward.
    """

    def __init__(self, queue: Batched) -> None:
        self._queue = queue
        self._jobs: list[Job] = []
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._work, name="enqueue", daemon=True)

    def start(self) -> None:
        """Begin to put what comes."""
        self._thread.start()

    def enqueue(self, job: Job) -> None:
        """Have a new job put in a moment."""
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()

    def is_waiting(self, job: Job) -> bool:
        """Return whether a job of that id is queued or running, as the queue itself says."""
        return self._queue.is_waiting(job)

    def finish(self, within: timedelta) -> None:
        """Put what is left, for so long at most; the rest is the steward's."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(within.total_seconds())

    def _work(self) -> None:
        while batch := self._next():
            try:
                self._queue.enqueue_new(batch)
            except StoreUnavailableError:
                _log.warning("%d jobs could not be put; the steward will", len(batch))
            except Exception:  # noqa: BLE001  the thread must live: later jobs wait for it
                _log.exception("%d jobs could not be put; the steward will", len(batch))

    def _next(self) -> list[Job]:
        """Wait for jobs and take them; none when it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._ending)
            batch, self._jobs = self._jobs[:MOST_AT_ONCE], self._jobs[MOST_AT_ONCE:]
            return batch
