"""Locks, from the channel's point of view, on the real swarm."""

from collections.abc import Callable

from playground.workspace import Seen
from tests.scenario.team import PEOPLE, Team, event_type, payload
from tests.waiting import eventually

CRASHING = "--update-monitor 2s --update-failure-action rollback"


def _lock_message(team: Team) -> Seen:
    def is_it(message: Seen) -> bool:
        lock = event_type(message) == "waggle_lock" and message.state == "locked"
        return lock and message.thread_ts is None

    return team.client.wait_for(is_it, channel=team.channel)


def _direct(team: Team, words: str, act: Callable[[], object]) -> Seen:
    """Do something and return what comes of it outside of the channel: a direct message."""
    known = {(m.channel, m.ts) for m in team.client.messages()}
    act()

    def is_it(message: Seen) -> bool:
        new = (message.channel, message.ts) not in known and message.channel != team.channel
        return new and words in message.text and team.service in message.text

    return team.client.wait_for(is_it)


def test_a_lock_stops_others_and_its_end_is_told(team: Team) -> None:
    team.makes()
    answer = team.asks(f"lock --reason 'db migration' {team.service}")
    assert "is locked until you unlock it" in answer.text
    message = _lock_message(team)
    assert payload(message)["state"] == "locked"
    assert "db migration" in message.text
    update = f"update --image {team.image('v2')} {team.service}"
    refused = team.told(update, "bob")
    assert f"<@{PEOPLE['ann']}>" in refused
    assert "db migration" in refused
    assert f"locks --notify {team.service}" in refused
    assert team.tag() == "v1"
    listed = team.asks(f"locks {team.service}", "bob")
    assert "db migration" in listed.text
    waits = team.asks(f"locks --notify {team.service}", "bob")
    assert "You are told when it is free" in waits.text
    told = _direct(
        team, "is free", lambda: team.asks(f"unlock --reason 'all moved' {team.service}")
    )
    assert "all moved" in told.text
    ended = team.shows(message, lambda m: m.state == "ended")
    assert "was locked by" in ended.text
    eventually(
        lambda: any("is unlocked by" in m.text and m.broadcast for m in team.thread(ended)),
        "the end in the thread",
    )
    team.does(update, who="bob")
    assert team.tag() == "v2"


def test_a_lock_ends_by_the_clock(team: Team) -> None:
    team.makes()
    team.asks(f"lock --reason 'short work' --for 4s {team.service}")
    message = _lock_message(team)
    assert "short work" in team.told(f"scale {team.service}=2", "bob")
    team.shows(message, lambda m: m.state == "ended")
    eventually(
        lambda: any("the time is up" in m.text for m in team.thread(message)), "the end is told"
    )
    team.does(f"scale {team.service}=2", who="bob")


def test_taking_a_lock_away_needs_a_reason_and_tells_its_owner(team: Team) -> None:
    team.makes()
    team.asks(f"lock --reason mine {team.service}")
    assert "--steal" in team.asks(f"unlock {team.service}", "bob").text
    assert "reason is needed" in team.told(f"unlock --steal {team.service}", "bob")
    told = _direct(
        team,
        "took away your lock",
        lambda: team.asks(f"unlock --steal --reason 'fire' {team.service}", "bob"),
    )
    assert "fire" in told.text
    team.does(f"scale {team.service}=2", who="bob")


def test_a_bad_revision_does_not_come_back_until_somebody_says_why(team: Team) -> None:
    team.makes()
    line = f"update {CRASHING} --image {team.image('crash')} {team.service}"
    parent = team.does(line, "rolled_back")
    assert "Updates to revision 2 are locked" in team.note(parent, "ended").text
    again = team.asks(line, "bob")
    assert "is not updated to revision 2" in again.text
    assert team.tag() == "v1"
    team.does(f"update --image {team.image('v2')} {team.service}", who="bob")
    assert "Say why" in team.asks(f"unlock {team.service}", "bob").text
    unlocked = team.asks(f"unlock --reason 'the database is there' {team.service}", "bob")
    assert "updated to revision 2 again" in unlocked.text
    team.does(line, "rolled_back", who="bob")


def test_a_revision_left_by_hand_does_not_come_back_until_somebody_says_why(team: Team) -> None:
    team.makes()
    update = f"update --image {team.image('v2')} {team.service}"
    team.does(update)
    back = team.does(f"rollback {team.service}", "rolled_back")
    assert "Updates to revision 2 are locked" in team.note(back, "ended").text
    refused = team.asks(update, "bob").text
    assert f"{team.service} is not updated to revision 2" in refused
    assert f"unlock --reason WHY {team.service}" in refused
    assert team.tag() == "v1"
    unlocked = team.asks(f"unlock --reason 'it was the cable' {team.service}", "bob")
    assert "updated to revision 2 again" in unlocked.text
    team.does(update, who="bob")
    assert team.tag() == "v2"
