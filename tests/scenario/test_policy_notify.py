"""The channels that the policy names: told from the request for approval to the rollout's end."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.lab import Lab
from playground.stage import Stage
from playground.workspace import Seen
from tests.scenario.conftest import gathered
from tests.scenario.court import Court
from tests.scenario.law import News, news, under
from tests.scenario.team import PEOPLE, event_type, payload, states_of

NEWS, MORE = "C0NEWS", "C0MORE"
RULES = """\
version: 1
roles:
  all: {everyone: true}
grants:
  - {role: all, may: [read, scale, update, rollback, remove, approve]}
environments:
  hasty:
    match: {service: "hasty-*"}
    approvals: {required: 1, approvers: {users: [U0BOB]}, expires: 3s}
    notify: {channels: [C0NEWS]}
  production:
    match: {service: "prod-*"}
    approvals: {required: 1, approvers: {users: [U0BOB, U0SRE]}}
    notify: {channels: [C0NEWS, C0MORE, C0OPS]}
"""


@pytest.fixture(scope="module")
def ruled(swarm: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    path = Path(tmp_path_factory.mktemp("rules")) / "policy.yml"
    with under(swarm, path, RULES) as stage:
        for channel in (NEWS, MORE):
            stage.client.control("create_channel", name=channel.lower(), id=channel)
        yield stage


@pytest.fixture
def team(ruled: Stage, request: pytest.FixtureRequest) -> Iterator[Court]:
    people = gathered(ruled, request.node.name)
    court = Court(people.stage, people.channel, f"prod-{secrets.token_hex(2)}")
    yield court
    court.remove_all()


def link(message: Seen, words: str) -> str:
    return f"/archives/{message.channel}/p{message.ts.replace('.', '')}|{words}>"


def asked(team: Court, prefix: str = "") -> Seen:
    """Let ann ask for the update of a service; return the request."""
    name = f"{prefix}{team.service}"
    team.also.append(name)
    team.makes(name=name)
    return team.wants(f'update --image {team.image("v2")} --reason "a fix" {name}')


def test_one_message_from_the_request_to_the_end(team: Court) -> None:
    request = asked(team)
    told = [news(team, request, channel) for channel in (NEWS, MORE, "C0OPS")]
    for each in told:
        head = each.stands("pending")
        assert "approval wanted, 0 of 1" in head.text
        assert f"asked by <@{PEOPLE['ann']}>" in head.text
        assert "a fix" in head.text
        each.waits(lambda it: link(request, "the request") in it.head.text, "it links there")
        assert each.replies == []
    team.clicks(request, "Approve", "sam")
    parent = team.rests(team.rollout(request))
    for each in told:
        each.hears("completed")
        head = each.stands("completed")
        assert each.events == ["approved", "started", "completed"]
        assert {m.thread_ts for m in each.replies} == {head.ts}
        # the request was the one message itself; nothing after it asked for people
        assert each.loud == []
        assert states_of(head)[0] == "pending"
        assert f"approved by <@{PEOPLE['sam']}>" in head.text
        assert link(parent, "the rollout's message") in head.text
        assert link(request, "the request") in head.text
    assert News(team.client, team.channel, told[0].subject).told == []


def test_the_channel_that_asks_is_not_told_of_itself(ruled: Stage, team: Court) -> None:
    here = Court(ruled, "C0OPS", team.service)
    request = asked(here)
    here.clicks(request, "Approve", "bob")
    here.rests(here.rollout(request))
    for channel in (NEWS, MORE):
        news(here, request, channel).stands("completed")
    assert news(here, request, "C0OPS").told == []


def test_a_removal_is_told_from_the_request_on(team: Court) -> None:
    team.makes()
    request = team.wants(f"rm {team.service}")
    told = news(team, request, MORE)
    assert "approval wanted" in told.stands("pending").text
    team.clicks(request, "Approve", "bob")
    done = team.rests(team.finds("change_id", told.subject), "applied")
    told.hears("completed")
    head = told.stands("applied")
    assert told.loud == []
    assert link(done, "the change's message") in head.text
    assert link(request, "the request") in head.text
    assert not team.exists()


def test_a_no_is_told_with_its_reason(team: Court) -> None:
    request = asked(team)
    told = news(team, request, NEWS)
    told.stands("pending")
    team.asks(f"reject {payload(request)['approval_id']} not on a <!channel> Friday", "bob")
    head = told.stands("rejected")
    said = told.hears("rejected")
    for message in (head, said):
        assert "“not on a &lt;!channel&gt; Friday”" in message.text
    assert not said.broadcast
    assert link(request, "the request") in head.text
    assert team.tag() == "v1"


def test_time_that_is_over_is_told(team: Court) -> None:
    request = asked(team, "hasty-")
    told = news(team, request, NEWS)
    head = told.stands("expired")
    assert "not enough people said yes in time" in head.text
    assert not told.hears("expired").broadcast
    assert told.events == ["expired"]


def test_what_is_withdrawn_is_shown_and_not_told(team: Court) -> None:
    request = asked(team)
    told = news(team, request, NEWS)
    told.stands("pending")
    team.asks(f"cancel {payload(request)['approval_id']}")
    assert "the request was cancelled" in told.stands("cancelled").text
    assert told.replies == []


def test_void_is_shown_and_what_is_planned_again_has_its_own_message(team: Court) -> None:
    request = asked(team)
    told = news(team, request, NEWS)
    told.stands("pending")
    team.docker("service", "update", "-d", "--env-add", "BY=hand", team.service)
    team.clicks(request, "Approve", "bob")
    void = team.comes_to(request, "void")
    head = told.stands("void")
    assert "was changed meanwhile: +env BY" in head.text
    assert "hand" not in head.text
    assert link(request, "the request") in head.text
    assert told.loud == []
    assert "started" not in told.events
    team.clicks(void, "Plan again")
    again = team.client.wait_for(
        lambda m: event_type(m) == "waggle_approval" and m.state == "pending",
        channel=team.channel,
    )
    team.clicks(again, "Approve", "sam")
    team.rests(team.rollout(again))
    later = news(team, again, NEWS)
    assert later.subject != told.subject
    assert later.stands("completed").ts != head.ts
    assert told.stands("void").ts == head.ts
