"""Jobs are put after the ack, many at once, and none that was taken over is dropped at the end."""

import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.adapters.rq_batch import MOST_AT_ONCE, BatchingQueue
from bot.jobs import Job, JobName
from bot.ports import StoreUnavailableError

SOON = timedelta(seconds=5)


def job(number: int) -> Job:
    return Job(name=JobName.PLAN, cluster="default", subject=f"r-{number}")


class Slow:
    """A queue that holds the first batch up until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[Job]] = []
        self.began, self.goes_on = threading.Event(), threading.Event()
        self.trouble: list[Exception] = []

    def enqueue_new(self, jobs: Sequence[Job]) -> None:
        self.batches.append(list(jobs))
        self.began.set()
        assert self.goes_on.wait(5)
        if self.trouble:
            raise self.trouble.pop()

    def enqueue(self, job: Job) -> None:
        raise AssertionError("one by one is what it is there to avoid")

    def is_waiting(self, job: Job) -> bool:
        return any(job in batch for batch in self.batches)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def queue(slow: Slow) -> BatchingQueue:
    made = BatchingQueue(slow)
    made.start()
    return made


def test_what_comes_while_a_batch_is_put_is_the_next_one(slow: Slow, queue: BatchingQueue) -> None:
    queue.enqueue(job(0))
    assert slow.began.wait(5)
    for number in range(1, MOST_AT_ONCE + 3):
        queue.enqueue(job(number))  # returns, though Redis does not
    slow.goes_on.set()
    queue.finish(SOON)
    assert [len(batch) for batch in slow.batches] == [1, MOST_AT_ONCE, 2]
    assert [j for batch in slow.batches for j in batch] == [job(n) for n in range(MOST_AT_ONCE + 3)]
    assert queue.is_waiting(job(3))


@pytest.mark.parametrize("trouble", [StoreUnavailableError("away"), ValueError("odd")])
def test_a_batch_that_is_not_taken_stops_nobody_after_it(
    slow: Slow, queue: BatchingQueue, trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    slow.trouble.append(trouble)
    queue.enqueue(job(1))
    assert slow.began.wait(5)
    queue.enqueue(job(2))
    slow.goes_on.set()
    queue.finish(SOON)
    assert slow.batches == [[job(1)], [job(2)]]
    assert "1 jobs could not be put; the steward will" in caplog.text


def test_the_end_waits_no_longer_than_it_is_told(slow: Slow, queue: BatchingQueue) -> None:
    queue.enqueue(job(1))
    assert slow.began.wait(5)
    queue.finish(timedelta(seconds=0.01))  # comes back, though the batch is not through
    slow.goes_on.set()
    queue.finish(SOON)
