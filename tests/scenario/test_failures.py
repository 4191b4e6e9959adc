"""A rollout that goes wrong: it pauses, says why in the thread, and offers what can be done."""

import pytest

from playground.workspace import Seen
from tests.scenario.team import PEOPLE, Team, payload, states_of
from tests.waiting import eventually

MONITOR = "--update-monitor 2s --update-parallelism 1"


def crashes(team: Team, options: str = "", who: str = "ann") -> Seen:
    """Begin an update to an image that crashes; return its message when paused."""
    line = f"update {MONITOR} {options} --image {team.image('crash')} {team.service}"
    return team.does(line, "paused", who)


def test_a_crashing_image_pauses_and_tells_which_task_where_and_why(team: Team) -> None:
    team.makes("--replicas", "2")
    paused = crashes(team)
    assert states_of(paused) == ["progressing", "paused"]
    assert paused.buttons == ["Resume", "Roll back", "Abort"]
    told = team.note(paused, "paused")
    assert told.broadcast, "a call for help"
    assert f"`{team.service}." in told.text
    assert any(f"`{node}`" in told.text for node in ("n1", "n2", "n3"))
    assert "exit code 1" in told.text
    assert "non-zero exit" in told.text
    assert "crash: no database at db:5432" in told.text
    for verb in ("resume", "rollback", "abort"):
        assert f"/swarm {verb} {team.service}" in told.text
    assert team.inspected()["UpdateStatus"]["State"] == "paused"
    rolled = team.rests(_after(team, paused, "Roll back", "bob"), "rolled_back")
    assert team.running() == [team.image("v1")] * 2
    assert rolled.buttons == []
    assert f"<@{PEOPLE['ann']}>" in team.note(paused, "ended").text


def _after(team: Team, message: Seen, button: str, who: str = "ann") -> Seen:
    team.clicks(message, button, who)
    return message


def test_resume_posts_it_again_and_a_stale_button_is_answered_privately(team: Team) -> None:
    team.makes("--replicas", "2")
    paused = crashes(team, "--update-delay 3s")  # the second task is not touched yet
    team.clicks(paused, "Resume")
    assert "attempt 2" in team.note(paused, "resumed").text
    eventually(lambda: len(_notes(team, paused, "paused")) == 2, "it crashes again")
    again = team.rests(paused, "paused")
    assert len(team.posts()) == 1
    ended = team.rests(_after(team, again, "Abort"), "aborted")
    assert ended.buttons == []
    assert "stopped following" in ended.text
    answer = team.hears(lambda: team.client.click("bob", ended, "Resume", stale=True), "bob")
    assert "is over" in answer.text
    assert team.tag() == "crash", "an abort changes nothing"


def _notes(team: Team, parent: Seen, kind: str) -> list[Seen]:
    return [m for m in team.thread(parent) if payload(m).get("note") == kind]


@pytest.mark.parametrize("way", ["resume", "rollback", "abort"])
def test_what_the_buttons_do_can_be_typed(team: Team, way: str) -> None:
    team.makes()
    paused = crashes(team)
    verb = {"resume": "resume", "rollback": "rollback", "abort": "abort"}[way]
    answer = team.asks(f"{verb} {team.service}", "bob")
    assert str(payload(paused)["rollout_id"]) in answer.text or team.service in answer.text
    if way == "resume":
        team.note(paused, "resumed")
    else:
        team.rests(paused, "rolled_back" if way == "rollback" else "aborted")
    assert len(team.posts()) == 1, "it acts on the live rollout and its message"
    assert team.tag() == ("v1" if way == "rollback" else "crash")


def test_failure_action_rollback_ends_rolled_back(team: Team) -> None:
    team.makes("--replicas", "2")
    line = f"update {MONITOR} --update-failure-action rollback --image {team.image('crash')}"
    parent = team.does(f"{line} {team.service}", "rolled_back")
    assert states_of(parent) == ["progressing", "rolling_back", "rolled_back"]
    turns = {"state", "to_revision", "message_id"}
    shown = [r["metadata"]["event_payload"].items() for r in parent.revisions]
    kept = [{(key, value) for key, value in each if key not in turns} for each in shown]
    assert all(each < set(payload(parent).items()) for each in kept), "the rest stays"
    assert (payload(parent)["from_revision"], payload(parent)["to_revision"]) == (1, 1)
    assert "did not stay" in parent.text
    assert "crash: no database" in team.note(parent, "rollback_started").text
    assert team.running() == [team.image("v1")] * 2
    assert "*2* bad" in team.asks(f"history {team.service}").text


def test_a_task_that_dies_late_reopens_the_message(team: Team) -> None:
    """With a delay longer than the monitor, Swarm watches longer than we wait."""
    team.makes()
    line = f"update --update-monitor 1s --update-delay 5s --image {team.image('sick')}"
    parent = team.begins(f"{line} {team.service}")
    team.shows(parent, lambda m: m.state == "completed")
    paused = team.shows(parent, lambda m: m.state == "paused")
    assert states_of(paused) == ["progressing", "completed", "paused"]
    again = team.note(parent, "reopened")
    assert again.broadcast
    assert "sick: lost the session store" in again.text
    assert "exit code 3" in again.text
    team.rests(_after(team, paused, "Roll back"), "rolled_back")
    assert team.tag() == "v1"


def _stalls(team: Team) -> Seen:
    line = f"update --deadline 3s --constraint-add node.labels.none==such {team.service}"
    return team.does(line, "stalled", "cat")


def test_no_progress_is_stalled_and_says_what_is_missing(team: Team) -> None:
    team.makes()
    stalled = _stalls(team)
    assert states_of(stalled) == ["progressing", "stalled"]
    assert "no suitable node" in stalled.text
    assert stalled.buttons == ["Keep waiting", "Un-stick", "Roll back", "Abort"]
    told = team.note(stalled, "stalled")
    assert told.broadcast
    assert "no suitable node" in told.text
    team.rests(_after(team, stalled, "Roll back"), "rolled_back")
    assert len(team.running()) == 1


@pytest.mark.parametrize("way", ["click", "command"])
def test_keep_waiting_gives_it_another_deadline(team: Team, way: str) -> None:
    team.makes()
    stalled = _stalls(team)
    if way == "click":
        team.clicks(stalled, "Keep waiting", "bob")
    else:
        team.asks(f"wait {team.service}", "bob")
    told = team.note(stalled, "kept_waiting").text
    assert f"<@{PEOPLE['bob']}>" in told
    again = team.shows(
        stalled, lambda m: states_of(m)[-3:] == ["stalled", "progressing", "stalled"]
    )
    team.clicks(again, "Abort")
    team.rests(stalled, "aborted")


def test_un_stick_posts_the_same_again_and_goes_on_when_a_node_fits(team: Team) -> None:
    team.makes()
    line = f"update --deadline 3s --constraint-add node.labels.{team.service}==x {team.service}"
    stalled = team.does(line, "stalled")
    before = team.inspected()["Version"]["Index"]
    team.asks(f"unstick {team.service}")
    team.note(stalled, "unstuck")
    team.shows(stalled, lambda m: team.inspected()["Version"]["Index"] > before)
    team.docker("node", "update", "--label-add", f"{team.service}=x", "n2")
    try:
        team.rests(stalled)
    finally:
        team.docker("node", "update", "--label-rm", team.service, "n2")


def test_a_create_that_crashes_cannot_roll_back(team: Team) -> None:
    line = f"create --deadline 4s --name {team.service} --restart-delay 1s {team.image('crash')}"
    stalled = team.does(line, "stalled")
    assert stalled.buttons == ["Keep waiting", "Un-stick", "Abort"]
    assert "crash: no database" in team.note(stalled, "stalled").text
    team.docker("service", "rm", team.service)
    failed = team.shows(stalled, lambda m: m.state == "failed")
    assert "removed" in failed.text
