"""The jobs, by the names under which RQ finds them (bot/jobs.py). Each: verify, then one use case.

What a job does is decided by the record that it names. An error leaves this module as its class
alone: RQ stores exceptions in Redis, and an error's text may hold what nobody should read there.
"""

from collections.abc import Callable
from typing import Protocol

import structlog
from pydantic import ValidationError

from bot.domain.jsontypes import JsonObject
from bot.jobs import Job, JobName, SignedJob, verify
from bot.ports import ConflictError, EngineUnavailableError, StoreUnavailableError
from workers.whereabouts import whereabouts
from workers.wiring import Runner

_log = structlog.get_logger("waggle.jobs")
_AGAIN = (EngineUnavailableError, StoreUnavailableError, ConflictError)


class Container(Protocol):
    """What this process was built with; workers.bootstrap makes it."""

    @property
    def cluster(self) -> str:
        """The swarm that this process serves."""
        ...

    @property
    def signing_key(self) -> bytes:
        """The key of the queue's signatures."""
        ...

    def runner(self, name: JobName) -> Runner:
        """Return the use case of a job."""
        ...


class JobFailedError(Exception):
    """What RQ may store of an error: its class, and the record's id."""


_containers: list[Callable[[], Container]] = []


def install(container: Callable[[], Container]) -> None:
    """Say where jobs find their use cases; called once, before the first fork."""
    _containers[:] = [container]


def answer(payload: JsonObject) -> None:
    """Answer a read."""
    _perform(payload, JobName.ANSWER)


def plan(payload: JsonObject) -> None:
    """Plan a rollout, announce it, carry it out."""
    _perform(payload, JobName.PLAN)


def apply(payload: JsonObject) -> None:
    """Carry out a rollout's posting."""
    _perform(payload, JobName.APPLY)


def act(payload: JsonObject) -> None:
    """Act on a live rollout."""
    _perform(payload, JobName.ACT)


def change(payload: JsonObject) -> None:
    """Work out and carry out a one-step change."""
    _perform(payload, JobName.CHANGE)


def _perform(payload: JsonObject, name: JobName) -> None:
    container = _containers[0]()
    job = _verified(payload, name, container)
    try:
        container.runner(name).run(job.subject)
    except _AGAIN as error:
        _log.warning("job_again", job=job.job_id, error=type(error).__name__)
        raise JobFailedError(f"{type(error).__name__} in {job.job_id}") from None
    except Exception as error:  # noqa: BLE001  whatever it is, its text must not reach Redis
        _log.error("job_failed", job=job.job_id, error=type(error).__name__, at=whereabouts(error))
        raise JobFailedError(f"{type(error).__name__} in {job.job_id}") from None


def _verified(payload: JsonObject, name: JobName, container: Container) -> Job:
    try:
        job = verify(SignedJob.model_validate(payload), container.signing_key)
    except (ValidationError, PermissionError) as error:
        _log.error("job_refused", name=name.value, error=type(error).__name__)
        raise JobFailedError("a job that Waggle did not write was refused") from None
    if job.name is not name:
        raise JobFailedError("a job under another job's name was refused")
    if job.cluster != container.cluster:
        # decided for one swarm, it must not be carried out on another that shares Redis
        _log.error("job_refused", name=name.value, error="another cluster's")
        raise JobFailedError("a job of another cluster was refused")
    return job
