"""Who else hears of a rollout: another channel, by subscription, on the real swarm."""

from collections.abc import Callable

import pytest
import requests

from playground.workspace import Seen
from tests.scenario.team import PEOPLE, Team, event_type, payload, states_of
from tests.waiting import eventually

FAILING = "update --update-monitor 3s"


@pytest.fixture
def elsewhere(team: Team) -> str:
    """A second channel with the same people and the bot."""
    made = team.client.control("create_channel", name=f"{team.service}-news")
    return str(made["id"])


def subscribes(team: Team, channel: str, line: str, who: str = "bob") -> None:
    """Type a line in the other channel and wait for its private answer."""
    known = {m.ts for m in team.client.messages(channel)}
    ack = team.client.type(who, channel, f"/swarm {line}")
    assert (ack.shown or "").startswith(("Understood", "Looking")), ack

    def is_it(message: Seen) -> bool:
        private = message.ephemeral_to == PEOPLE[who]
        return private and message.ts not in known and message.ts != ack.message_ts

    team.client.wait_for(is_it, channel=channel)


def notices(team: Team, channel: str) -> list[Seen]:
    """Return what the other channel was told, oldest first, its threads included."""
    return [m for m in team.client.messages(channel) if event_type(m) == "waggle_notice"]


def heads(team: Team, channel: str) -> list[Seen]:
    return [m for m in notices(team, channel) if m.thread_ts is None]


def thread(team: Team, channel: str) -> list[Seen]:
    return [m for m in notices(team, channel) if m.thread_ts is not None]


def waits(team: Team, channel: str, check: Callable[[list[Seen]], bool], what: str) -> None:
    eventually(lambda: check(notices(team, channel)), what)


def warnings(team: Team) -> list[str]:
    """Return what /readyz warns of; it must be ready all the same."""
    answer = requests.get(f"{team.stage.url}/readyz", timeout=20)
    assert answer.status_code == 200
    return list(answer.json()["warnings"])


def stands(state: str) -> Callable[[list[Seen]], bool]:
    """The one message shows it; that edit and the reply are two calls, in either order."""
    return lambda seen: any(m.thread_ts is None and m.state == state for m in seen)


def has(event: str) -> Callable[[list[Seen]], bool]:
    return lambda seen: any(payload(m).get("event") == event for m in seen)


def test_start_and_end_are_told_once_in_one_message(team: Team, elsewhere: str) -> None:
    team.creates("--replicas 2")
    subscribes(team, elsewhere, f"subscribe {team.service}*")
    parent = team.does(f'update --image {team.image("v2")} --reason "new & fine" {team.service}')
    waits(team, elsewhere, has("completed"), "the end is told")
    waits(team, elsewhere, stands("completed"), "the end is shown")
    (head,) = heads(team, elsewhere)
    assert states_of(head) == ["progressing", "completed"]
    assert payload(head)["rollout_id"] == payload(parent)["rollout_id"]
    assert f"<@{PEOPLE['ann']}>" in head.text
    assert "new &amp; fine" in head.text
    assert "took" in head.text
    assert f"/archives/{team.channel}/p{parent.ts.replace('.', '')}|" in head.text
    (end,) = thread(team, elsewhere)
    assert end.thread_ts == head.ts
    assert not end.broadcast
    assert PEOPLE["ann"] not in end.text


def test_a_failure_is_shown_in_the_channel_and_its_thread_is_kept(
    team: Team, elsewhere: str
) -> None:
    team.creates("--replicas 2")
    subscribes(team, elsewhere, f"subscribe {team.service}")
    parent = team.does(f"{FAILING} --image {team.image('crash')} {team.service}", end="paused")
    waits(team, elsewhere, has("paused"), "the pause is told")
    team.clicks(parent, "Roll back")
    team.rests(parent, "rolled_back")
    waits(team, elsewhere, has("rolled_back"), "the rollback is told")
    waits(team, elsewhere, stands("rolled_back"), "the rollback is shown")
    (head,) = heads(team, elsewhere)
    told = thread(team, elsewhere)
    assert [payload(m)["event"] for m in told] == ["paused", "rolled_back"]
    assert {m.thread_ts for m in told} == {head.ts}
    assert all(m.broadcast for m in told)
    # edits coalesce: what is over before it can be shown is skipped, never shown late
    way = ["progressing", "paused", "rolling_back", "rolled_back"]
    shown = states_of(head)
    assert shown == [state for state in way if state in shown]
    assert (shown[0], shown[-1]) == (way[0], way[-1])


def test_who_watches_a_service_reads_once_that_it_is_gone(team: Team, elsewhere: str) -> None:
    team.makes()
    subscribes(team, elsewhere, f"subscribe {team.service}*")
    asked = team.begins(f"rm {team.service}")
    team.clicks(asked, "Remove")
    team.rests(asked, "applied")
    waits(team, elsewhere, stands("applied"), "that it is gone is told")
    (told,) = notices(team, elsewhere)
    assert told.thread_ts is None
    assert f"*rm {team.service}* (cluster default): applied" in told.text
    assert f"<@{PEOPLE['ann']}>" in told.text
    assert f"/archives/{team.channel}/p{asked.ts.replace('.', '')}|" in told.text
    team.asks("subscriptions")
    assert len(notices(team, elsewhere)) == 1


def test_a_channel_without_the_bot_cannot_subscribe_and_is_told_how(
    team: Team, elsewhere: str
) -> None:
    """Its members' typed lines reach the bot all the same, and so do private answers."""

    def shown() -> list[str]:
        found = team.client.messages(elsewhere)
        return [m.text for m in found if not m.ephemeral_to and "this channel hears" in m.text]

    def private() -> list[str]:
        found = team.client.messages(elsewhere)
        return [m.text for m in found if m.ephemeral_to == PEOPLE["bob"]]

    team.client.control("remove", channel=elsewhere)
    subscribes(team, elsewhere, f"subscribe {team.service}")
    eventually(
        lambda: any("Nothing was changed" in t and "/invite @waggle" in t for t in private()),
        "the way round",
    )
    assert shown() == []
    team.client.control("invite", channel=elsewhere)
    subscribes(team, elsewhere, f"subscribe {team.service}")
    (told,) = shown()
    assert f"<@{PEOPLE['bob']}>" in told
    assert f"unsubscribe {team.service}" in told
    team.creates()
    waits(team, elsewhere, has("completed"), "it hears")


def test_the_own_channel_is_not_told_twice(team: Team) -> None:
    subscribes(team, team.channel, f"subscribe {team.service}")
    team.creates()
    team.asks("subscriptions")
    assert notices(team, team.channel) == []


def test_a_level_keeps_quiet_of_what_goes_well(team: Team, elsewhere: str) -> None:
    team.creates()
    subscribes(team, elsewhere, f"subscribe {team.service} --on trouble")
    team.does(f"scale {team.service}=2")
    team.asks("rollouts")
    assert notices(team, elsewhere) == []
    subscribes(team, elsewhere, f"unsubscribe {team.service}")
    team.does(f"{FAILING} --image {team.image('crash')} {team.service}", end="paused")
    team.asks("rollouts")
    assert notices(team, elsewhere) == []


def test_a_channel_without_the_bot_is_said_to_the_requester_and_in_readyz(
    team: Team, elsewhere: str
) -> None:
    team.creates("--replicas 2")
    subscribes(team, elsewhere, f"subscribe {team.service}")
    team.client.control("remove", channel=elsewhere)
    line = f"update --image {team.image('v2')} {team.service}"
    parent = team.rests(team.begins(line, beside="could not be told"))

    def told() -> bool:
        mine = [m for m in team.client.messages(team.channel) if m.ephemeral_to == PEOPLE["ann"]]
        return sum("could not be told" in m.text for m in mine) == 1

    eventually(told, "the requester is told")
    assert team.rests(parent).state == "completed"
    assert any(elsewhere in line for line in warnings(team))
    team.client.control("invite", channel=elsewhere)
    team.does(f"update --image {team.image('v1')} {team.service}")
    waits(team, elsewhere, has("completed"), "it hears again")
    assert not any(elsewhere in line for line in warnings(team))
