"""One stage for all scenarios, and a channel with people for each."""

import re
import secrets
from collections.abc import Generator, Iterator

import pytest

from bot.slack.manifest import BOT_SCOPES
from playground.lab import Lab
from playground.stage import Stage
from tests.scenario.law import under
from tests.scenario.shared import Kind, SharedStages
from tests.scenario.team import Team


@pytest.fixture(scope="module")
def stage(swarm: Lab, shared_stages: SharedStages) -> Stage:
    """Workspace, bot and worker on the swarm, with the manifest's scopes and no more.

    Slack's rate limits are off, to be quick.
    """

    def opened() -> Stage:
        made = Stage(swarm, rate_limits=False, people=lambda c: c.configure(scopes=BOT_SCOPES))
        return made.start()

    return shared_stages.get(Kind.USUAL, opened)


@pytest.fixture(scope="module")
def ruled(
    request: pytest.FixtureRequest, swarm: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A stage under a policy file: the module's RULES."""
    path = tmp_path_factory.mktemp("rules") / "policy.yml"
    with under(swarm, path, request.module.RULES) as stage:
        yield stage


def gathered(stage: Stage, test: str) -> Team:
    """Return people in a new channel, and a service name, called after the test."""
    words = re.sub(r"[^a-z0-9]+", "-", test.lower().removeprefix("test_")).strip("-")
    name = f"{words[:24].strip('-')}-{secrets.token_hex(2)}"
    made = stage.client.control("create_channel", name=name)
    return Team(stage, str(made["id"]), name)


@pytest.fixture
def team(stage: Stage, request: pytest.FixtureRequest) -> Iterator[Team]:
    """A channel of this test's own, on the stage that all share."""
    people = gathered(stage, request.node.name)
    yield people
    people.remove_all()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the channel and the logs below a test that failed."""
    report = yield
    if report.when == "call" and report.failed and isinstance(item, pytest.Function):
        people = item.funcargs.get("team")
        if isinstance(people, Team):
            told = [
                f"{'    ' if m.thread_ts else ''}[{m.author}→{m.ephemeral_to or 'all'}] {m.text}"
                for m in people.client.messages(people.channel)
            ]
            report.sections.append(("channel", "\n".join(told)))
            report.sections.append(("processes", people.stage.last_words(12)))
    return report
