"""The stage that the recovery tests break; a plugin of tests/conftest.py."""

from collections.abc import Iterator

import pytest

from playground.lab import Lab
from tests.scenario.conftest import gathered
from tests.scenario.recovery_stage import Bench, BrokenStage, opened


@pytest.fixture(scope="session")
def broken_stage(swarm: Lab) -> Iterator[BrokenStage]:
    """One stage for all: what the last test has broken must serve the next."""
    stage = opened(swarm)
    yield stage
    stage.stop()


@pytest.fixture
def bench(broken_stage: BrokenStage, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Everything runs, and there is a service of v1 with three replicas."""
    broken_stage.start_missing()
    broken_stage.wait_ready()
    made = Bench(broken_stage, gathered(broken_stage, request.node.name))
    made.serve()
    yield made
    broken_stage.tap.reset()
    broken_stage.client.up()
    broken_stage.client.clear()
    made.team.remove_all()
