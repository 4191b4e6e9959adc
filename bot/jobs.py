"""The contract between the processes: the queue's payloads and the names of the jobs.

A job carries an id, never authority: it says "look at rollout R"; the record in Redis says what R
is. The payload is JSON,
versioned and signed (HMAC-SHA256 with a key that is not in Redis), and the function names are an
allow-list, because whoever
writes to Redis could otherwise make a stock RQ worker run any function
(docs/explanation/security.md).
"""

import hashlib
import hmac
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict


class QueueName(StrEnum):
    """The two queues of a cluster.

    An RQ worker listens on exactly one (on two, RQ 3.0 can lose a job for good).
    """

    QUERIES = "queries"
    ROLLOUTS = "rollouts"


class JobName(StrEnum):
    """Every job there is, by the dotted name under which RQ finds it. A test imports each."""

    ANSWER = "workers.entrypoints.answer"
    PLAN = "workers.entrypoints.plan"
    APPLY = "workers.entrypoints.apply"
    ACT = "workers.entrypoints.act"
    CHANGE = "workers.entrypoints.change"

    @property
    def queue(self) -> QueueName:
        """The queue that this job belongs on: reads do not wait behind rollouts."""
        return QueueName.QUERIES if self is JobName.ANSWER else QueueName.ROLLOUTS


class Job(BaseModel):
    """One job: which function, for which record.

    Attributes:
        subject: the record's id (query, rollout, action or change).
        step: tells repeated jobs for one subject apart (the posting's attempt for `apply`); part of
            the job's id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: Literal[1] = 1
    name: JobName
    cluster: str
    subject: str
    step: int = 0

    @property
    def job_id(self) -> str:
        """RQ's job id (letters, digits, `_`, `-`): equal jobs are one job."""
        return f"{self.name.rsplit('.', 1)[1]}-{self.subject}-{self.step}"

    @property
    def queue_key(self) -> str:
        """RQ's queue name, per cluster."""
        return queue_key(self.cluster, self.name.queue)


class SignedJob(BaseModel):
    """What stands in Redis: the job and its signature."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job: Job
    signature: str


def queue_key(cluster: str, queue: QueueName) -> str:
    """Return RQ's queue name for a cluster's queue."""
    return f"waggle-{cluster}-{queue.value}"


def sign(job: Job, key: bytes) -> SignedJob:
    """Sign a job for the queue."""
    return SignedJob(job=job, signature=_mac(job, key))


def verify(payload: SignedJob, key: bytes) -> Job:
    """Return the job if its signature holds.

    Raises:
        PermissionError: it does not: somebody else wrote this job.
    """
    if not hmac.compare_digest(_mac(payload.job, key), payload.signature):
        raise PermissionError("a job with a wrong signature was refused")
    return payload.job


def _mac(job: Job, key: bytes) -> str:
    return hmac.new(key, job.model_dump_json().encode(), hashlib.sha256).hexdigest()
