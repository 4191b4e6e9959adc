"""What the policy's channels hear in spite of all: broken glass; and one that cannot be told."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.lab import Lab
from playground.stage import Stage
from tests.scenario.conftest import gathered
from tests.scenario.court import Court
from tests.scenario.law import news, under, warnings
from tests.scenario.team import PEOPLE, states_of
from tests.waiting import eventually

NEWS, MORE, GONE = "C0NEWS", "C0MORE", "C0GONE"
RULES = """\
version: 1
roles:
  all: {everyone: true}
  boss: {users: [U0CAT]}
grants:
  - {role: all, may: [read, scale, update, rollback, approve]}
  - {role: boss, may: [break_glass]}
environments:
  left:
    match: {service: "left-*"}
    notify: {channels: [C0GONE, C0NEWS]}
  quiet:
    match: {service: "quiet-*"}
    approvals: {required: 1, approvers: {users: [U0BOB]}}
    notify: {channels: [C0NEWS, C0MORE], on: [failed]}
"""


@pytest.fixture(scope="module")
def ruled(swarm: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    path = Path(tmp_path_factory.mktemp("rules")) / "policy.yml"
    with under(swarm, path, RULES) as stage:
        for channel in (NEWS, MORE, GONE):
            stage.client.control("create_channel", name=channel.lower(), id=channel)
        yield stage


@pytest.fixture
def team(ruled: Stage, request: pytest.FixtureRequest) -> Iterator[Court]:
    people = gathered(ruled, request.node.name)
    court = Court(people.stage, people.channel, f"quiet-{secrets.token_hex(2)}")
    yield court
    court.remove_all()


def test_broken_glass_is_loud_in_every_channel_and_so_is_its_review(team: Court) -> None:
    team.makes()
    line = f"update --image {team.image('v2')} --break-glass 'shop is down' {team.service}"
    done = team.does(line, who="cat")
    told = [news(team, done, channel) for channel in (NEWS, MORE)]
    for each in told:
        said = each.hears("completed")
        head = each.stands("completed")
        assert states_of(head)[0] == "progressing"  # it stands in the channel from the start
        for message in (head, said):
            assert "Glass was broken" in message.text
            assert "“shop is down”" in message.text
            assert "2 other people should look at it" in message.text
        assert each.loud == ["completed"]
    review = team.note(done, "review")
    for who in ("bob", "ann"):
        team.clicks(review, "I have reviewed it", who)
        eventually(lambda who=who: f"✓ <@{PEOPLE[who]}>" in team.fresh(review).text, "a review")  # type: ignore[misc]  # mypy knows no defaults of lambdas
    seen = f"It is reviewed: ✓ <@{PEOPLE['bob']}>, ✓ <@{PEOPLE['ann']}>"
    for each in told:
        each.waits(lambda it: seen in it.head.text, "the reviews are shown")
        assert each.events == ["completed"]


def test_an_archived_channel_delays_nobody_and_is_said(team: Court) -> None:
    name = f"left-{team.service}"
    team.also.append(name)
    team.makes(name=name)
    team.client.control("archive", channel=GONE)
    try:
        parent = team.does(f"update --image {team.image('v2')} {name}")
        told = news(team, parent, NEWS)
        told.hears("completed")
        assert news(team, parent, GONE).told == []

        def said() -> list[str]:
            mine = team.client.messages(team.channel)
            texts = [m.text for m in mine if m.ephemeral_to == PEOPLE["ann"]]
            return [text for text in texts if "could not be told" in text]

        eventually(lambda: bool(said()), "the requester is told")
        (word,) = said()
        assert f"<#{GONE}>" in word
        assert "It is archived" in word
        (warned,) = [line for line in warnings(team.stage) if GONE in line]
        assert "is_archived" in warned
    finally:
        team.client.control("archive", channel=GONE, archived=False)
    parent = team.does(f"update --image {team.image('v1')} {name}")
    news(team, parent, GONE).stands("completed")
    assert not [line for line in warnings(team.stage) if GONE in line]


@pytest.mark.parametrize("seconds", [0, 4], ids=["at-once", "after-4-s"])
def test_a_channel_in_which_every_call_fails_delays_no_other(team: Court, seconds: int) -> None:
    """503 in this channel while the rollouts go on; more wait there than there are mouths."""
    names = [f"left-{team.service}-{letter}" for letter in "abc"]
    team.also += names
    for name in names:
        team.makes(name=name)
    if seconds:
        team.client.fault("slow", "chat.*", count=None, channel=GONE, seconds=seconds)
    team.client.fault("http_error", "chat.*", count=None, channel=GONE, word="503")
    try:
        parents = [team.begins(f"update --image {team.image('v2')} {name}") for name in names]
        for parent in parents:
            told = news(team, team.rests(parent), NEWS)
            told.hears("completed")
            told.stands("completed")
            # how soon it hears: tests/contract/test_speaker_hung.py
            assert news(team, parent, GONE).told == []
    finally:
        team.client.clear()
    for parent in parents:
        late = news(team, parent, GONE)
        late.hears("completed")
        late.stands("completed")
        assert late.events == ["completed"]
