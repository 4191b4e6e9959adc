"""A rollout as the channel shows it: one message, its states, its thread, its end."""

import re

import pytest

from tests.scenario.team import PEOPLE, SHORT, Team, event_type, payload, states_of


def test_one_message_is_edited_in_place_and_its_metadata_is_exact(team: Team) -> None:
    made = team.creates("--replicas 2")
    assert states_of(made) == ["progressing", "completed"]
    assert event_type(made) == "waggle_rollout"
    assert payload(made) == {
        "rollout_id": payload(made)["rollout_id"],
        "cluster": "default",
        "service": team.service,
        "kind": "create",
        "state": "completed",
        "from_revision": None,
        "to_revision": 1,
        "requester": PEOPLE["ann"],
        "approval_id": None,
    }
    updated = team.does(f"update --image {team.image('v2')} {team.service}", who="bob")
    assert {**payload(updated), "rollout_id": ""} == {
        **payload(made),
        "rollout_id": "",
        "kind": "update",
        "from_revision": 1,
        "to_revision": 2,
        "requester": PEOPLE["bob"],
    }
    assert [m.ts for m in team.posts()] == [made.ts, updated.ts]
    assert team.running() == [team.image("v2")] * 2


def test_the_parent_tells_progress_and_the_end_calls_the_requester(team: Team) -> None:
    team.creates("--replicas 4")
    line = f"update --image {team.image('v2')} --update-parallelism 1 --update-delay 1s"
    parent = team.begins(f"{line} {team.service}", who="cat")
    middle = team.shows(parent, lambda m: bool(re.search("[1-3]/4 updated", m.text)))
    assert "▓" in middle.text
    assert "elapsed" in middle.text
    assert middle.buttons == ["Roll back", "Abort"]
    ended = team.rests(parent)
    assert "4/4 updated" in ended.text
    assert ended.buttons == []
    last = team.note(parent, "ended")
    assert last.broadcast
    assert f"<@{PEOPLE['cat']}>" in last.text
    assert [m for m in team.thread(parent) if m.broadcast] == [last]
    started = team.note(parent, "started")
    assert ":v1 → " in started.text
    assert ":v2" in started.text


def test_scaling_two_services_is_two_rollouts(team: Team) -> None:
    other = f"{team.service}-b"
    team.creates()
    team.creates(name=other)
    ack = team.types(f"scale {team.service}=3 {other}=2")
    assert (ack.shown or "").count("`r-") == 2
    first, second = (team.finds("service", name, "scale") for name in (team.service, other))
    team.rests(first)
    team.rests(second)
    assert (team.replicas(), team.replicas(other)) == (3, 2)
    assert len(team.running()) == 3


def test_a_second_change_is_refused_with_who_rolls_what(team: Team) -> None:
    team.creates("--replicas 3")
    slow = f"update --update-parallelism 1 --update-delay 2s --image {team.image('v2')}"
    parent = team.begins(f"{slow} {team.service}", who="ann")
    answer = team.asks(f"scale {team.service}=5", who="bob")
    assert f"<@{PEOPLE['ann']}>" in answer.text
    assert str(payload(parent)["rollout_id"]) in answer.text
    assert "--supersede" in answer.text
    team.rests(parent)
    assert team.replicas() == 3


def test_what_would_change_nothing_is_said_privately_and_not_posted(team: Team) -> None:
    team.creates("--replicas 1")
    before = team.inspected()["Version"]["Index"]
    posts = len(team.posts())
    answer = team.asks(f"update --image {team.image('v1')} --replicas 1 {team.service}")
    assert "Nothing to do" in answer.text
    assert len(team.posts()) == posts
    assert team.inspected()["Version"]["Index"] == before


def test_a_dry_run_shows_the_plan_and_changes_nothing(team: Team) -> None:
    team.creates()
    before = team.inspected()["Version"]["Index"]
    answer = team.asks(f"update --dry-run --replicas 3 --env-add A=b {team.service}")
    assert "replicas" in answer.text
    assert "1 → 3" in answer.text
    assert len(team.posts()) == 1
    assert team.inspected()["Version"]["Index"] == before


def test_a_dry_run_of_a_new_service_makes_none(team: Team) -> None:
    answer = team.asks(f"create --dry-run --name {team.service} {team.image('v1')}")
    assert "httpd:v1" in answer.text
    assert not team.exists()


def test_the_reason_is_shown_with_the_rollout_and_kept_in_the_history(team: Team) -> None:
    team.creates()
    parent = team.does(f'scale --reason "lunch & <rush>" {team.service}=2')
    assert "lunch &amp; &lt;rush&gt;" in parent.text
    assert "lunch" in team.note(parent, "started").text
    assert "lunch" in team.asks(f"history {team.service}").text


def test_detached_it_has_a_parent_and_an_end_and_no_chatter(team: Team) -> None:
    team.creates("--replicas 2")
    parent = team.does(f"update -d --image {team.image('v2')} {team.service}")
    ended = team.note(parent, "ended")
    assert [m.ts for m in team.thread(parent)] == [ended.ts]


def test_global_services_take_every_node(team: Team) -> None:
    parent = team.creates("--mode global")
    assert "3/3" in parent.text
    assert len(team.running()) == 3
    team.does(f"update --image {team.image('v2')} {team.service}")
    assert team.running() == [team.image("v2")] * 3


@pytest.mark.parametrize("mode", ["replicated-job --replicas 2", "global-job"])
def test_a_job_is_completed_when_its_tasks_are(team: Team, mode: str) -> None:
    line = f"create --mode {mode} --name {team.service} --restart-condition none"
    parent = team.does(f"{line} {team.image('v1')} true")
    assert states_of(parent) == ["progressing", "completed"]


def test_a_health_check_is_waited_for(team: Team) -> None:
    line = f"create --name {team.service} {SHORT} {team.image('health')}"
    parent = team.begins(line)
    team.shows(parent, lambda m: "health check" in m.text or m.state == "completed")
    assert "1/1" in team.rests(parent).text


def test_the_command_works_with_service_names_that_docker_made(team: Team) -> None:
    """What others made is recorded as found on first touch."""
    team.docker(
        *("service", "create", "-d", "--name", team.service, "--update-monitor", "2s"),
        team.image("v1"),
    )
    parent = team.does(f"scale {team.service}=2")
    assert (payload(parent)["from_revision"], payload(parent)["to_revision"]) == (1, 2)
    assert "found" in team.asks(f"history {team.service}").text
