"""Whoever turns a page is asked for their rights anew. On a simulated swarm: it has many tasks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.simulator.lab import SimulatedLab
from playground.workspace import Seen
from tests.scenario.conftest import gathered
from tests.scenario.law import under, write
from tests.scenario.team import PEOPLE, SHORT, Team
from tests.waiting import eventually

RULES = """\
version: 1
roles:
  people: {users: [U0ANN, U0BOB]}
grants:
  - {role: people, may: [read, create]}
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[SimulatedLab]:
    made = SimulatedLab()
    made.up(nodes=3)
    yield made
    made.down()


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    return tmp_path / "policy.yml"


@pytest.fixture
def team(lab: SimulatedLab, policy: Path) -> Iterator[Team]:
    with under(lab, policy, RULES) as stage:
        yield gathered(stage, "pages")


def shows(team: Team, message: Seen, page: int) -> Seen:
    return team.shows(message, lambda m: f"Page {page} of 2" in m.text)


def test_a_page_is_turned_by_who_may_and_by_nobody_who_may_not_any_more(
    team: Team, policy: Path
) -> None:
    team.does(f"create --name {team.service} {SHORT} --replicas 25 {team.image('v1')}")
    listed = team.asks(f"ps {team.service}")
    assert listed.buttons == ["Next"]
    team.clicks(listed, "Next")
    second = shows(team, listed, 2)
    assert second.buttons == ["Previous"]
    assert f"{team.service}.25" in second.text
    assert f"{team.service}.20 " not in second.text

    write(policy, RULES.replace("U0ANN, ", ""))
    eventually(lambda: team.is_refused("services", "Not allowed"), "ann may nothing")
    refused = team.hears(lambda: team.clicks(second, "Previous"))
    assert "Not allowed" in refused.text
    assert f"{team.service}." not in refused.text
    assert "Page 2 of 2" in team.fresh(listed).text

    # bob may still, by a mention: that has no response_url, and its answer's buttons have one
    team.client.mention("bob", team.channel, f"ps {team.service}")
    mentioned = team.client.wait_for(
        lambda m: m.ephemeral_to == PEOPLE["bob"] and "Page 1 of 2" in m.text, channel=team.channel
    )
    assert mentioned.buttons == ["Next"]
    team.clicks(mentioned, "Next", who="bob")
    turned = shows(team, mentioned, 2)
    assert turned.ephemeral_to == PEOPLE["bob"]
