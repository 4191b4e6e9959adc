"""What a channel hears of because it has asked to, beside what the policy has it told."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.lab import Lab
from playground.stage import Stage
from playground.workspace import Seen
from tests.scenario.conftest import gathered
from tests.scenario.law import news, under
from tests.scenario.team import PEOPLE, Team, event_type, states_of
from tests.waiting import eventually

NEWS = "C0NEWS"
RULES = """\
version: 1
roles:
  viewer: {everyone: true}
  ops: {users: [U0ANN, U0BOB]}
grants:
  - {role: viewer, may: [read]}
  - {role: ops, may: [scale, update, rollback]}
environments:
  shop:
    match: {service: "shop-*"}
    notify: {channels: [C0NEWS], on: [started, completed]}
"""


@pytest.fixture(scope="module")
def ruled(swarm: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    path = Path(tmp_path_factory.mktemp("rules")) / "policy.yml"
    with under(swarm, path, RULES) as stage:
        stage.client.control("create_channel", name="news", id=NEWS)
        yield stage


@pytest.fixture
def team(ruled: Stage, request: pytest.FixtureRequest) -> Iterator[Team]:
    """People whose service is called after what the test is about: web, or the policy's shop."""
    people = gathered(ruled, request.node.name)
    kind = "shop" if "policy" in request.node.name else "web"
    named = Team(ruled, people.channel, f"{kind}-{secrets.token_hex(2)}")
    yield named
    named.remove_all()


@pytest.fixture
def there(team: Team) -> Team:
    """The same people in another channel."""
    made = team.client.control("create_channel", name=f"{team.service}-news")
    return Team(team.stage, str(made["id"]), team.service)


def told(team: Team, there: Team) -> list[Seen]:
    """Return what the other channel has read of the test's service, oldest first."""
    found = team.client.messages(there.channel)
    return [m for m in found if event_type(m) == "waggle_notice" and team.service in m.text]


def test_a_channel_hears_what_it_has_asked_for_until_it_takes_that_back(
    team: Team, there: Team
) -> None:
    team.makes()
    pattern = f"{team.service[:-1]}*"
    assert "hears of no rollout" in there.asks("subscriptions", "cat").text
    there.asks(f"subscribe {pattern} --on failed,rolled_back", "bob")
    listed = there.asks("subscriptions", "cat").text
    assert f"• `{pattern}` on failed, rolled_back · by <@{PEOPLE['bob']}> since " in listed
    assert pattern not in team.asks("subscriptions").text  # each channel has its own

    team.does(f"update --image {team.image('v2')} {team.service}")
    back = team.does(f"rollback {team.service}", "rolled_back")
    head = news(team, back, there.channel).stands("rolled_back")
    assert "image `httpd:v2` → `httpd:v1`" in head.text
    assert states_of(head) == ["rolled_back"]
    # nothing of the update, which went well, nor that the way back began
    assert told(team, there) == [head]

    assert "no longer hears" in there.asks(f"unsubscribe {pattern}", "ann").text
    assert "hears of no rollout" in there.asks("subscriptions", "cat").text
    assert "no subscription" in there.asks(f"unsubscribe {pattern}", "ann").text
    again = team.does(f"rollback --to 2 {team.service}", "rolled_back")
    team.note(again, "ended")
    assert told(team, there) == [head]


def test_who_may_only_read_can_let_no_channel_hear_nor_take_that_away(
    team: Team, there: Team
) -> None:
    team.makes()
    refused = f"no rule lets you update {team.service}"
    assert refused in there.told(f"subscribe {team.service}", "cat")
    there.asks(f"subscribe {team.service}", "bob")
    assert refused in there.told(f"unsubscribe {team.service}", "cat")
    done = team.does(f"scale {team.service}=2")
    heard = news(team, done, there.channel)
    heard.hears("completed")
    assert "replicas `1` → `2`" in heard.stands("completed").text


def test_policy_and_subscription_tell_a_channel_once_and_dry_runs_nobody(team: Team) -> None:
    there = Team(team.stage, NEWS, team.service)
    team.makes()
    there.asks(f"subscribe {team.service}", "bob")
    listed = there.asks("subscriptions").text
    assert f"`{team.service}` on " in listed
    assert "environment `shop` on started, completed · by the policy" in listed
    shown = team.asks(f"update --dry-run --image {team.image('v2')} {team.service}")
    assert "Dry run" in shown.text
    done = team.does(f"update --image {team.image('v2')} {team.service}")
    heard = news(team, done, NEWS)
    said, head = heard.hears("completed"), heard.stands("completed")
    assert "image `httpd:v1` → `httpd:v2`" in head.text
    assert heard.events == ["completed"]
    # it is all: the dry run before it was told to nobody
    eventually(lambda: told(team, there) == [head, said], "one message and its thread")
