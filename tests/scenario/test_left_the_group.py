"""Who left a user group after saying yes is out of it when the change would start.

On a stage of its own: until the start all votes go by what Slack said of the group when the worker
came up, and that is asked again, for everybody, after 40 seconds.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.lab import Lab
from playground.workspace import WorkspaceClient
from tests.scenario.conftest import gathered
from tests.scenario.court import Court
from tests.scenario.law import under
from tests.scenario.team import payload

LEO = "U0LEO"
RULES = """\
version: 1
roles:
  all: {everyone: true}
  sre: {groups: [S0SRE]}
grants:
  - {role: all, may: [read, update, approve]}
environments:
  production:
    match: {service: "prod*"}
    approvals: {required: 2, approvers: {groups: [S0SRE], users: [U0BOB]}}
"""


def with_leo(client: WorkspaceClient) -> None:
    client.control("create_user", id=LEO, name="leo")
    client.control("create_group", handle="sre", users=["sam", LEO])


@pytest.fixture
def team(swarm: Lab, tmp_path: Path) -> Iterator[Court]:
    with under(swarm, tmp_path / "policy.yml", RULES, people=with_leo) as stage:
        people = gathered(stage, "left")
        court = Court(stage, people.channel, f"prod-{people.service}")
        yield court
        court.remove_all()


def test_who_said_yes_and_left_the_group_before_the_start_does_not_count(team: Court) -> None:
    """Slack's answer about the group is seconds old then, and all votes go by it; not the start."""
    team.makes()
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    team.clicks(request, "Approve", LEO)
    team.shows(request, lambda m: payload(m)["votes"] == 1)
    team.client.control("create_group", handle="sre", users=["sam"])
    team.clicks(request, "Approve", "bob")
    void = team.comes_to(request, "void")
    assert f"<@{LEO}> may not approve it any more: 1 of 2 are left" in void.text
    assert void.buttons == ["Plan again"]
    assert team.posts() == []
    assert team.tag() == "v1"
