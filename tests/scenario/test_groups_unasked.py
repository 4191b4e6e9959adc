"""Slack does not tell who is in a user group, from the start on: nobody is, and is told why.

On a stage of its own: what Slack has said of a group before would count for five minutes.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.lab import Lab
from playground.workspace import WorkspaceClient
from tests.scenario.conftest import gathered
from tests.scenario.law import under
from tests.scenario.team import Team
from tests.waiting import eventually

RULES = """\
version: 1
roles:
  all: {everyone: true}
  sre: {groups: [S0SRE]}
grants:
  - {role: all, may: [read]}
  - {role: sre, may: [update]}
"""
UNASKED = "Slack could not be asked for your user groups, so they do not count now"


def without_groups(client: WorkspaceClient) -> None:
    client.fault("http_error", "usergroups.*", count=None, word="503")


@pytest.fixture
def team(swarm: Lab, tmp_path: Path) -> Iterator[Team]:
    with under(swarm, tmp_path / "policy.yml", RULES, people=without_groups) as stage:
        people = gathered(stage, "unasked")
        yield people
        people.remove_all()


def test_the_refusal_says_that_slack_could_not_be_asked_and_then_it_goes_by_the_group(
    team: Team,
) -> None:
    team.makes()
    before = team.inspected()["Version"]["Index"]
    update = f"update --image {team.image('v2')} {team.service}"
    for line in (update, f"update --dry-run {update.removeprefix('update ')}"):
        refused = team.told(line, "sam")
        assert "Not allowed: no rule lets you update" in refused
        assert UNASKED in refused
    assert (team.inspected()["Version"]["Index"], team.posts()) == (before, [])
    team.client.clear()
    dry = f"update --dry-run --image {team.image('v2')} {team.service}"
    eventually(lambda: not team.is_refused(dry, UNASKED, "sam"), "Slack to be asked again")
    team.does(update, who="sam")
    assert team.tag() == "v2"
    assert UNASKED not in team.told(update, "bob")
