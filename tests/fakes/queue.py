"""A queue that only remembers; the test runs the jobs."""

from dataclasses import dataclass, field

from bot.jobs import Job
from bot.ports import StoreUnavailableError


@dataclass
class FakeJobQueue:
    """Implements `bot.ports.JobQueue`.

    Attributes:
        jobs: what waits, oldest first.
        enqueued: every job that was put, also those taken since.
        down: every call raises StoreUnavailableError.
    """

    jobs: list[Job] = field(default_factory=list)
    enqueued: list[Job] = field(default_factory=list)
    down: bool = False

    def enqueue(self, job: Job) -> None:
        self._answer()
        if not self.is_waiting(job):
            self.jobs.append(job)
            self.enqueued.append(job)

    def is_waiting(self, job: Job) -> bool:
        self._answer()
        return any(waiting.job_id == job.job_id for waiting in self.jobs)

    def take(self) -> Job:
        """Take the oldest job off the queue, as a worker would."""
        return self.jobs.pop(0)

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailableError("redis is away")
