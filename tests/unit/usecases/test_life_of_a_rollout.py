"""Whole lives, through every use case: from the typed line to what the channel shows."""

from datetime import timedelta

import pytest

from bot.domain.change import ActionKind
from bot.domain.revision import Mark
from bot.ports import SlackRefusedError, SlackUnavailableError
from tests.unit.usecases.bed import BOB, Bed, made


def test_create_makes_revision_one_and_ends_completed() -> None:
    bed = made()
    history = bed.history()
    assert [(e.number, e.summary, e.mark) for e in history.entries] == [(1, "created", Mark.GOOD)]
    assert history.current == 1
    assert bed.replicas() == 3
    assert bed.swarm.writes == [("create", "web")]


def test_update_scale_and_back_leave_their_revisions() -> None:
    bed = made()
    update = bed.done("update --image reg/httpd:v2 web")
    assert (update.from_revision, update.to_revision) == (1, 2)
    scale = bed.done("scale web=6")
    assert scale.to_revision == 3
    back = bed.done("rollback web", "rolled_back")
    assert (back.to_revision, bed.replicas(), bed.image()) == (2, 3, "reg/httpd:v2")
    history = bed.history()
    assert history.current == 2
    assert [e.mark for e in history.entries] == [Mark.GOOD, Mark.GOOD, Mark.BAD]


def test_what_is_kept_as_revision_is_what_is_live() -> None:
    bed = made()
    bed.done("update --image reg/httpd:v2 web")
    before = len(bed.history().entries)
    bed.done("scale web=4")
    assert len(bed.history().entries) == before + 1, "nothing was taken for another tool's change"


def test_an_image_without_a_tag_is_latest_and_is_pinned() -> None:
    bed = made()
    bed.swarm.add_image("reg/httpd:latest")
    bed.done("update --image reg/httpd web")
    image = bed.swarm.service("web").spec["TaskTemplate"]["ContainerSpec"]["Image"]
    assert image.startswith("reg/httpd:latest@sha256:")


def test_a_crashing_image_pauses_and_a_person_rolls_back() -> None:
    bed = made()
    bed.swarm.add_image(
        "reg/httpd:crash", ends_in=timedelta(seconds=1), exit_code=3, log=("no config: s3cr3t!",)
    )
    first = bed.type("update --image reg/httpd:crash --env-add TOKEN=s3cr3t! web")
    paused = bed.until(first, "paused")
    assert paused.failure is not None
    assert paused.failure.exit_code == 3
    assert paused.failure.log == ("no config: ••••",)
    assert "paused" in bed.parent(first).text.lower()
    bed.click(ActionKind.ROLLBACK, first, BOB)
    back = bed.until(first, "rolled_back")
    assert back.blame == BOB.user
    assert bed.image() == "reg/httpd:v1"
    assert [e.mark for e in bed.history().entries] == [Mark.GOOD, Mark.BAD]
    assert bed.history().current == 1
    assert len(bed.parents(first)) == 1
    told = bed.payload(first)
    assert (told["kind"], told["state"]) == ("update", "rolled_back")
    assert (told["from_revision"], told["to_revision"]) == (1, 1), "2 was made, 1 is current"


def test_rollback_typed_during_a_rollout_acts_on_it_and_its_message() -> None:
    bed = made()
    bed.swarm.add_image("reg/httpd:crash", ends_in=timedelta(seconds=1), exit_code=1)
    live = bed.type("update --image reg/httpd:crash web")
    bed.until(live, "paused")
    typed = bed.type("rollback web")
    bed.until(live, "rolled_back")
    assert bed.rollout(typed).state.value == "shown"
    assert live in bed.private(typed)
    assert bed.parents(typed) == []


def test_failure_action_rollback_ends_rolled_back_and_the_first_revision_is_current() -> None:
    bed = made(3, "--update-failure-action rollback")
    bed.swarm.add_image("reg/httpd:crash", ends_in=timedelta(seconds=1), exit_code=1)
    rollout = bed.done("update --image reg/httpd:crash web", "rolled_back")
    assert bed.image() == "reg/httpd:v1"
    assert rollout.failure is not None
    assert bed.payload(rollout.id)["to_revision"] == 1
    assert bed.history().current == 1
    assert bed.history().entries[1].mark is Mark.BAD


def test_twice_rolled_back_does_not_return_to_the_bad_one() -> None:
    bed = made()
    bed.done("update --image reg/httpd:v2 web")
    bed.done("update --image reg/httpd:v3 web")
    bed.done("rollback web", "rolled_back")
    bed.done("rollback web", "rolled_back")
    assert bed.image() == "reg/httpd:v1"
    bed.done("rollback --to 3 web", "rolled_back")
    assert bed.image() == "reg/httpd:v3"


def test_back_is_to_what_ran_before_not_to_what_was_left_earlier() -> None:
    bed = made()
    bed.done("update --image reg/httpd:v2 web")
    bed.done("scale web=5")
    bed.done("rollback --to 1 web", "rolled_back")
    update = bed.done("update --image reg/httpd:v3 web")
    assert (update.from_revision, update.back_to) == (1, 1)
    back = bed.done("rollback web", "rolled_back")
    assert (back.to_revision, bed.image()) == (1, "reg/httpd:v1")


def test_a_created_service_has_nothing_to_go_back_to() -> None:
    bed = made()
    writes = bed.writes()
    typed = bed.type("rollback web")
    bed.work()
    assert bed.rollout(typed).state.value == "refused"
    assert "no good revision" in bed.private(typed)
    assert "`rm web`" in bed.private(typed)
    assert bed.writes() == writes


def test_a_live_create_offers_no_way_back() -> None:
    bed = Bed()
    bed.swarm.add_image("reg/httpd:crash", ends_in=timedelta(seconds=1), exit_code=1)
    live = bed.type("create --name web reg/httpd:crash")
    bed.work()
    bed.tick()
    typed = bed.type("rollback web")
    bed.work()
    assert "no good revision" in bed.private(typed)
    assert bed.rollout(live).state.value == "progressing"


def test_a_create_whose_tasks_fail_says_so_in_its_thread() -> None:
    bed = Bed()
    ends = timedelta(seconds=1)
    bed.swarm.add_image("reg/httpd:crash", ends_in=ends, exit_code=3, log=("no database",))
    live = bed.type("create --name web reg/httpd:crash")
    bed.work()
    for _ in range(20):
        bed.tick()
    told = [s.content.text for s in bed.thread(live) if "Swarm tries on" in s.content.text]
    assert len(told) == 1
    assert "exit code 3" in told[0]
    assert "no database" in told[0]


def test_rollback_by_id_and_with_its_replicas_acts_on_the_live_rollout() -> None:
    bed = made()
    bed.swarm.add_image("reg/httpd:crash", ends_in=timedelta(seconds=1), exit_code=1)
    live = bed.type("update --image reg/httpd:crash --replicas 5 web")
    bed.until(live, "paused")
    typed = bed.type(f"rollback --keep-replicas {bed.swarm.service('web').id}")
    bed.until(live, "rolled_back")
    assert bed.rollout(typed).state.value == "shown"
    assert (bed.image(), bed.replicas()) == ("reg/httpd:v1", 5)


def test_a_network_that_was_made_anew_is_found_by_its_name() -> None:
    bed = Bed()
    old = bed.swarm.create_network({"Name": "back", "Driver": "overlay"})
    bed.done("create --name web --network back reg/httpd:v1")
    bed.done("update --network-rm back web")
    bed.swarm.remove_network(old)
    missing = bed.type("rollback web")
    bed.work()
    assert "needs the network back, which is gone" in bed.private(missing)
    assert "`network create back`" in bed.private(missing)
    new = bed.swarm.create_network({"Name": "back", "Driver": "overlay"})
    bed.done("rollback web", "rolled_back")
    networks = bed.swarm.service("web").spec["TaskTemplate"]["Networks"]
    assert [network["Target"] for network in networks] == [new]


def test_a_global_service_is_not_scaled() -> None:
    bed = Bed()
    bed.done("create --mode global --name web reg/httpd:v1")
    writes = bed.writes()
    scale = bed.type("scale web=3")
    bed.work()
    assert "cannot be scaled" in bed.private(scale)
    assert (bed.writes(), bed.parents(scale)) == (writes, [])


def test_a_mistyped_service_of_an_action_gets_a_did_you_mean() -> None:
    bed = made()
    action = bed.type("resume wep")
    bed.work()
    assert "Did you mean `web`?" in bed.private(action)


def test_an_action_finds_the_service_by_its_id() -> None:
    bed = made()
    bed.swarm.add_image("reg/httpd:crash", ends_in=timedelta(seconds=1), exit_code=1)
    live = bed.type("update --image reg/httpd:crash web")
    bed.until(live, "paused")
    bed.type(f"abort {bed.swarm.service('web').id}")
    bed.until(live, "aborted")


def test_what_is_removed_before_its_change_is_sent_ends_failed() -> None:
    bed = made()
    bed.fault = lambda point: (
        bed.swarm.remove_service(bed.swarm.service("web").id)
        if point == "announce.after_commit"
        else None
    )
    rollout = bed.type("scale web=5")
    bed.work()
    assert bed.rollout(rollout).state.value == "failed"
    assert "removed meanwhile" in bed.rollout(rollout).reason
    assert bed.store.live_rollout("default", "web") is None


def test_the_end_is_recorded_within_two_seconds_of_being_true() -> None:
    bed = made()
    rollout = bed.done("update --image reg/httpd:v2 --update-monitor 3s web")
    running_since = [task.state_at for task in bed.swarm.tasks([rollout.service_id or ""])]
    true_at = max(at for at in running_since if at) + timedelta(seconds=3)
    assert rollout.ended_at is not None
    assert timedelta() <= rollout.ended_at - true_at <= timedelta(seconds=2)


def test_a_rollback_runs_under_its_own_config_and_restores_the_update_config() -> None:
    bed = made(2, "--update-parallelism 1 --rollback-parallelism 2")
    bed.done("update --image reg/httpd:v2 web")
    bed.done("rollback web", "rolled_back")
    spec = bed.swarm.service("web").spec
    assert spec["UpdateConfig"]["Parallelism"] == 1
    before = len(bed.history().entries)
    bed.done("scale web=3")
    assert len(bed.history().entries) == before + 1


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
