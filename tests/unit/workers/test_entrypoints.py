"""Jobs: verified, one use case each, and errors without their text."""

from dataclasses import dataclass, field
from importlib import import_module
from types import SimpleNamespace

import pytest

from bot.jobs import Job, JobName, sign
from bot.ports import EngineUnavailableError
from workers import entrypoints
from workers.entrypoints import JobFailedError

KEY = b"k" * 32


@dataclass
class FakeContainer:
    error: Exception | None = None
    ran: list[tuple[JobName, str]] = field(default_factory=list)
    signing_key: bytes = KEY
    cluster: str = "default"

    def runner(self, name: JobName) -> SimpleNamespace:
        def run(subject: str) -> None:
            self.ran.append((name, subject))
            if self.error:
                raise self.error

        return SimpleNamespace(run=run)


@pytest.fixture
def container() -> FakeContainer:
    made = FakeContainer()
    entrypoints.install(lambda: made)
    return made


def payload(name: JobName, key: bytes = KEY, cluster: str = "default") -> dict[str, object]:
    job = Job(name=name, cluster=cluster, subject="r-1")
    return sign(job, key).model_dump(mode="json")


@pytest.mark.parametrize("name", JobName)
def test_every_job_name_is_a_function_that_runs_its_use_case(
    name: JobName, container: FakeContainer
) -> None:
    module, _, function = name.value.rpartition(".")
    getattr(import_module(module), function)(payload(name))
    assert container.ran == [(name, "r-1")]


@pytest.mark.parametrize(
    "bad",
    [
        payload(JobName.PLAN, b"x" * 32),
        payload(JobName.APPLY),
        payload(JobName.PLAN, cluster="staging"),  # rightly signed, moved to this one's queue
        {**payload(JobName.PLAN), "signature": ""},
        {"job": "os.system"},
        {},
    ],
)
def test_what_waggle_did_not_write_is_refused(
    bad: dict[str, object], container: FakeContainer
) -> None:
    with pytest.raises(JobFailedError):
        entrypoints.plan(bad)
    assert container.ran == []


@pytest.mark.parametrize("error", [ValueError("PW=hunter2"), EngineUnavailableError("PW=hunter2")])
def test_an_errors_text_does_not_leave(error: Exception, container: FakeContainer) -> None:
    container.error = error
    with pytest.raises(JobFailedError) as caught:
        entrypoints.plan(payload(JobName.PLAN))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
