"""The stage that the recovery tests break; a plugin of tests/conftest.py."""

from collections.abc import Generator, Iterator

import pytest

from playground.lab import Lab
from tests.scenario.conftest import gathered
from tests.scenario.recovery_stage import Bench, BrokenStage, opened
from tests.scenario.shared import Kind, SharedStages


@pytest.fixture(scope="module")
def broken_stage(swarm: Lab, shared_stages: SharedStages) -> BrokenStage:
    """One stage for many: what the last test has broken must serve the next."""
    return shared_stages.get(Kind.BROKEN, lambda: opened(swarm))


@pytest.fixture
def bench(broken_stage: BrokenStage, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Everything runs, and there is a service of v1."""
    broken_stage.start_missing()
    broken_stage.wait_ready()
    made = Bench(broken_stage, gathered(broken_stage, request.node.name))
    made.serve()
    yield made
    broken_stage.tap.reset()
    broken_stage.client.up()
    broken_stage.client.clear()
    made.team.remove_all()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the channel, the Engine's changes and the logs below a test that failed."""
    report = yield
    made = item.funcargs.get("bench") if isinstance(item, pytest.Function) else None
    if report.when == "call" and report.failed and isinstance(made, Bench):
        told = [
            f"{m.ts} {m.metadata and m.metadata.get('event_payload')} {m.text!r}"
            for m in made.team.client.messages(made.team.channel)
        ]
        report.sections.append(("channel", "\n".join(told)))
        report.sections.append(("changes", "\n".join(map(repr, made.stage.tap.changes[-8:]))))
        report.sections.append(("processes", made.stage.last_words(15)))
    return report
