"""The whole as it is run: with Slack's rate limits, in Socket Mode, and over a restart of all."""

from collections.abc import Iterator

import pytest

from bot.slack.manifest import BOT_SCOPES
from playground.lab import Lab
from playground.stage import Stage
from tests.scenario.conftest import gathered
from tests.scenario.team import Team, states_of

CANARY = "c4n4ry-of-the-whole"


@pytest.fixture
def strict(swarm: Lab) -> Iterator[Team]:
    """People on a stage of their own: Socket Mode, and Slack's rate limits are on."""
    with Stage(swarm, socket_mode=True, rate_limits=True) as stage:
        stage.client.configure(scopes=BOT_SCOPES)
        people = gathered(stage, "whole")
        yield people
        people.remove_all()


def test_a_life_with_rate_limits_and_a_restart_of_everything(strict: Team) -> None:
    team = strict
    team.creates(f"--replicas 2 --env-add TOKEN={CANARY}".replace("--env-add", "--env"))
    team.does(f"update --image {team.image('v2')} {team.service}")
    slow = "--update-parallelism 1 --update-delay 4s"
    parent = team.begins(f"update {slow} --image {team.image('v3')} {team.service}")
    assert set(team.stage.stop_processes().values()) == {0}, team.stage.last_words()
    team.stage.start_worker()
    team.stage.start_bot()
    team.stage.wait_ready()
    assert states_of(team.rests(parent)) == ["progressing", "completed"]
    assert "current is 3" in team.asks(f"history {team.service}").text
    back = team.does(f"rollback --to 1 {team.service}", "rolled_back")
    assert team.running() == [team.image("v1")] * 2
    team.note(back, "ended")
    assert len(team.posts()) == 4
    team.asks(f"inspect {team.service}")
    _no_canary(team)


def _no_canary(team: Team) -> None:
    """Env values are in no message, no call to Slack, and in no log of bot or worker."""
    shown = str([m.raw for m in team.client.messages(deleted=True)])
    typed = [line for line in shown.splitlines() if CANARY in line]
    assert not typed
    assert CANARY not in str(team.client.calls())
    logs = {path.name: path.read_text(errors="replace") for path in team.stage.dir.glob("*.log")}
    assert set(logs) == {"bot.log", "worker.log"}
    assert not [name for name, text in logs.items() if CANARY in text]
