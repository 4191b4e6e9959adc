"""Whole lives, through every use case: from the typed line to what the channel shows."""

from datetime import timedelta

from bot.domain.change import ActionKind
from bot.domain.revision import Mark
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
    rollout = bed.done("scale web=5", "failed").id
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
