"""What does not become a rollout, and what gets in the way of one."""

from datetime import timedelta

import pytest

from bot.domain.change import ActionKind
from bot.ports import SlackRefusedError, SlackUnavailableError
from tests.unit.usecases.bed import BOB, Bed, made


def test_nothing_to_do_is_private_and_sends_nothing() -> None:
    bed = made()
    writes, shown = bed.writes(), len(bed.slack.messages)
    rollout = bed.type("scale web=3")
    bed.work()
    assert bed.rollout(rollout).state.value == "unchanged"
    assert "Nothing to do: web is like that already.\n" in bed.private(rollout)
    assert bed.private(rollout)
    assert (bed.writes(), len(bed.slack.messages)) == (writes, shown)


def test_a_dry_run_of_a_rollback_says_where_it_would_go() -> None:
    bed = made()
    bed.done("update --image reg/httpd:v2 web")
    rollout = bed.type("rollback --dry-run web")
    bed.work()
    assert "this would take `web` back to revision 1" in bed.private(rollout)


def test_dry_run_shows_the_plan_and_nothing_else() -> None:
    bed = made()
    writes = bed.writes()
    rollout = bed.type("update --image reg/httpd:v2 --dry-run web")
    bed.work()
    assert bed.rollout(rollout).state.value == "shown"
    assert "reg/httpd:v2" in bed.private(rollout)
    assert bed.writes() == writes
    assert bed.parents(rollout) == []


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("update --image reg/httpd:v22 web", "reg/httpd:v2"),
        ("update --image reg/httpd:v2 wep", "`web`"),
        ("update --network-add bck web", "`backend`"),
        ("rollback --to 9 web", "revision 9"),
        ("create --name web reg/httpd:v1", "exists already"),
    ],
)
def test_a_refusal_is_private_and_says_what_was_meant(line: str, hint: str) -> None:
    bed = made()
    bed.swarm.create_network({"Name": "backend", "Driver": "overlay"})
    writes = bed.writes()
    rollout = bed.type(line)
    bed.work()
    assert bed.rollout(rollout).state.value == "refused"
    assert hint in bed.private(rollout)
    assert bed.writes() == writes
    assert bed.parents(rollout) == []


def test_a_registry_that_is_away_refuses_and_names_the_flag_that_helps() -> None:
    bed = made()
    bed.swarm.registry_away = True
    refused = bed.type("update --image reg/httpd:v2 web")
    bed.work()
    assert "--no-resolve-image" in bed.private(refused)
    bed.done("update --image reg/httpd:v2 --no-resolve-image web")
    assert bed.image() == "reg/httpd:v2"


def test_a_second_change_is_refused_with_who_and_what() -> None:
    bed = made()
    first = bed.type("update --image reg/httpd:v2 web")
    bed.work()
    second = bed.type("scale web=9", BOB)
    bed.work()
    answer = bed.private(second)
    assert "U1ANN" in answer
    assert first in answer
    assert "abort web" in answer
    bed.until(first, "completed")


def test_supersede_ends_the_other_and_takes_over() -> None:
    bed = made()
    first = bed.type("update --image reg/httpd:v2 web")
    bed.work()
    second = bed.type("update --image reg/httpd:v3 --supersede web", BOB)
    bed.until(second, "completed")
    ended = bed.rollout(first)
    assert (ended.state.value, ended.superseded_by) == ("superseded", second)
    assert bed.image() == "reg/httpd:v3"
    assert bed.store.live_rollout("default", "web") is None


def test_a_change_from_outside_is_not_overwritten() -> None:
    bed = made()
    rollout = bed.type("update --image reg/httpd:v2 --update-delay 30s web")
    bed.work()
    bed.swarm.post_outside("web", lambda spec: spec["Mode"]["Replicated"].update(Replicas=5))
    ended = bed.until(rollout, "superseded")
    assert "replicas" in ended.reason
    assert bed.replicas() == 5
    bed.done("scale web=2")
    assert any(entry.found for entry in bed.history().entries)


def test_abort_says_what_it_leaves_and_frees_the_service() -> None:
    bed = made()
    rollout = bed.type("update --image reg/httpd:v2 --update-delay 60s web")
    bed.work()
    bed.tick()
    bed.type("abort web", BOB)
    bed.work()
    ended = bed.rollout(rollout)
    assert (ended.state.value, ended.blame) == ("aborted", BOB.user)
    assert ended.left_behind
    assert bed.store.live_rollout("default", "web") is None


def test_an_action_without_a_live_rollout_is_refused_and_names_the_last() -> None:
    bed = made()
    action = bed.type("resume web")
    bed.work()
    assert "no live rollout" in bed.private(action)
    assert "completed" in bed.private(action)


def test_stalled_then_unstuck() -> None:
    bed = made()
    bed.swarm.node_down("n2")
    bed.swarm.node_down("n3")
    rollout = bed.type(
        "update --constraint-add node.labels.x==y --deadline 20s --update-order start-first web"
    )
    stalled = bed.until(rollout, "stalled")
    assert "no progress for 20s" in stalled.reason
    bed.type("wait web")
    bed.work()
    assert bed.rollout(rollout).state.value == "progressing"


def test_resume_posts_the_same_spec_once_more() -> None:
    bed = made()
    crash = bed.swarm.add_image("reg/httpd:flaky", ends_in=timedelta(seconds=1), exit_code=1)
    rollout = bed.type("update --image reg/httpd:flaky web")
    bed.until(rollout, "paused")
    bed.swarm.add_image("reg/httpd:flaky", digest=crash)
    writes = bed.writes()
    bed.click(ActionKind.RESUME, rollout)
    bed.until(rollout, "completed")
    assert bed.writes() == writes + 1
    assert len(bed.history().entries) == 2


def test_not_in_the_channel_is_said_privately_before_anything_changes() -> None:
    bed = made()
    bed.slack.fail_channel("C1", SlackRefusedError("not_in_channel"))
    writes = bed.writes()
    rollout = bed.type("scale web=5")
    bed.work()
    assert bed.rollout(rollout).state.value == "refused"
    assert "/invite" in bed.private(rollout)
    assert bed.writes() == writes
    assert bed.store.live_rollout("default", "web") is None


def test_slack_away_does_not_keep_the_rollout() -> None:
    bed = made()
    bed.slack.down = SlackUnavailableError("no route")
    rollout = bed.done("scale web=5")
    assert bed.replicas() == 5
    bed.slack.down = None
    bed.settle(60)
    assert len(bed.parents(rollout.id)) == 1
    assert bed.shown_state(rollout.id) == "completed"


def test_detached_only_the_parent_and_its_end_are_said() -> None:
    bed = made()
    rollout = bed.done("update -d --image reg/httpd:v2 web")
    bed.settle(5)
    assert [m.broadcast for m in bed.thread(rollout.id)] == [True]


def test_env_values_stand_nowhere_but_in_the_spec() -> None:
    bed = Bed()
    bed.swarm.add_image(
        "reg/httpd:leaky", ends_in=timedelta(seconds=1), exit_code=1, log=("pw=hunter22",)
    )
    rollout = bed.type("create --name web --env PW=hunter22 reg/httpd:leaky")
    bed.work()
    bed.settle(20)
    bed.type("abort web")
    bed.settle(5)
    assert bed.parents(rollout)
    said = [m.content for m in bed.slack.messages] + [c for _, c in bed.slack.responses]
    assert "hunter22" not in repr(said)


def test_the_watch_ends_when_swarm_is_done() -> None:
    bed = made()
    rollout = bed.done("update --image reg/httpd:v2 web")
    bed.settle(30)
    assert bed.rollout(rollout.id).watch_until is None
    assert bed.store.open_ids("default", type(rollout)) == []
