"""What goes wrong while a node is emptied: crash loops, labels that are gone, late tasks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.change import ActionKind
from tests.builders import a_spec
from tests.unit.usecases.approving import CAT, DAN, asking
from tests.unit.usecases.bed import Bed, KilledError
from tests.unit.usecases.faults import kill_at, once
from tests.unit.usecases.test_drains import DRAIN, note, on_node, peopled, until


def test_a_service_that_crashes_again_and_again_calls_for_help_once() -> None:
    bed = peopled()
    bed.swarm.add_image("reg/httpd:v1", ends_in=timedelta(seconds=3), exit_code=1)
    change = bed.type(f"{DRAIN} --deadline 30s")
    until(bed, change, "stalled")
    seen = set()
    for _ in range(240):
        bed.tick()
        drain = bed.change(change).drain
        assert drain is not None
        seen.add(not drain.stuck)
    assert seen == {True, False}, "at times all runs for a moment"
    assert bed.change(change).state.value == "stalled"
    assert len(note(bed, change, "stalled")) == 1
    bed.click(ActionKind.KEEP_WAITING, change)
    bed.work()
    assert bed.change(change).state.value == "draining"
    until(bed, change, "stalled")
    bed.settle(30)
    assert len(note(bed, change, "stalled")) == 2


def labelled() -> Bed:
    """Return a peopled bed whose n2 has a label."""
    bed = peopled()
    bed.type("node update --label-add disk=ssd n2")
    bed.work()
    assert bed.swarm.node("n2").spec["Labels"] == {"disk": "ssd"}
    return bed


def test_a_drain_that_takes_a_label_away_gives_the_node_back() -> None:
    bed = labelled()
    change = bed.type("node update --label-rm disk --availability drain --then active n2")
    until(bed, change, "applied")
    bed.settle(3)
    node = bed.swarm.node("n2")
    assert (node.availability, node.spec["Labels"]) == ("active", {})


def test_a_label_that_is_gone_by_the_killed_run_is_no_error() -> None:
    bed = labelled()
    bed.fault = kill_at("change.after_call")
    change = bed.type("node update --label-rm disk n2")
    with pytest.raises(KilledError):
        bed.work()
    bed.use = bed.wired()
    bed.settle(20)
    assert bed.change(change).state.value == "applied"
    assert bed.swarm.node("n2").spec["Labels"] == {}
    assert len(bed.parents(change)) == 1


@pytest.mark.parametrize("replicas", [3, None], ids=["replicated", "global"])
def test_what_lands_on_the_node_right_before_it_drains_is_waited_for(replicas: int | None) -> None:
    bed = Bed()

    def lands() -> None:
        bed.swarm.create_service(a_spec("reg/httpd:v1", replicas, name="late"))
        bed.clock.advance(5)
        assert on_node(bed) == 1

    bed.fault = once("change.before_call", lands)
    change = bed.type(DRAIN)
    bed.work()
    began = bed.change(change).drain
    assert began is not None
    assert began.services == (), "nothing ran there when it was worked out"
    bed.tick(0.1)  # a look before the task has stopped
    drain = bed.change(change).drain
    assert drain is not None
    assert [(each.name, each.left) for each in drain.services] == [("late", 1)]
    done = until(bed, change, "applied")
    assert done.drain is not None
    assert [(each.name, each.left) for each in done.drain.services] == [("late", 0)]
    bed.settle(3)
    assert "late" in note(bed, change, "progress")[0]


def stuck() -> Bed:
    """Return a bed whose n2 is drained, not followed, and has a task that is still stopping."""
    bed = peopled()
    bed.type(f"{DRAIN} --detach")
    bed.work()
    assert bed.swarm.node("n2").availability == "drain"
    return bed


def test_what_is_left_on_a_drained_node_is_followed_without_a_post() -> None:
    bed = stuck()
    change = bed.type(f"{DRAIN} --then active")
    bed.work()
    assert bed.change(change).state.value == "draining"
    assert "n2 is drained already" in "".join(bed.change(change).warnings)
    assert len([w for w in bed.swarm.writes if w[0] == "node_update"]) == 1
    until(bed, change, "applied")
    bed.settle(3)
    assert bed.swarm.node("n2").availability == "active"
    assert len([w for w in bed.swarm.writes if w[0] == "node_update"]) == 2


def test_what_is_left_and_runs_nowhere_else_is_not_waited_for_elsewhere() -> None:
    bed = peopled("--constraint node.hostname==n2", replicas=1)
    bed.type(f"{DRAIN} --detach")
    bed.work()
    change = bed.type(f"{DRAIN} --then active --deadline 30s")
    bed.work()
    until(bed, change, "applied")
    bed.settle(10)
    assert "`web`: comes back with `n2`." in bed.parent(change).text
    assert on_node(bed) == 1


def test_what_runs_nowhere_else_comes_back_with_the_node() -> None:
    bed = peopled()
    bed.done("create --name db --constraint node.hostname==n2 --replicas 1 reg/httpd:v1")
    change = bed.type(f"{DRAIN} --then active --deadline 30s")
    bed.work()
    told = bed.parent(change).text
    assert "db has no other home: constraint node.hostname==n2; it comes back with n2" in told
    assert "come back with it; 1 of 1 run now" in told
    until(bed, change, "applied")
    bed.settle(10)
    (ended,) = note(bed, change, "ended")
    assert "`db`: comes back with `n2`." in ended
    assert "`web`: 3 run" in ended
    assert note(bed, change, "stalled") == []
    assert bed.swarm.node("n2").availability == "active"
    assert on_node(bed) == 1, "db runs there again"


def test_another_service_that_would_come_back_with_the_node_makes_the_approval_void() -> None:
    bed = asking()
    bed.settle(40)
    name = bed.asked(f"{DRAIN} --then active")
    only = ["node.hostname==n2"]
    bed.swarm.post_outside(
        "web", lambda s: s["TaskTemplate"].update(Placement={"Constraints": only})
    )
    bed.settle(60)
    assert on_node(bed) == 3
    bed.votes(name, CAT, DAN)
    bed.settle(3)
    assert bed.approval(name).state.value == "void"
    assert "what comes back with n2 was nothing and is web now" in bed.request_of(name).text
    assert bed.swarm.node("n2").availability == "active"


def test_a_node_that_is_away_just_now_is_a_home_that_is_waited_for() -> None:
    bed = peopled("--constraint node.hostname!=n1", replicas=2)
    bed.type("node update --availability pause n3")
    bed.work()
    change = bed.type(f"{DRAIN} --then active --deadline 30s")
    until(bed, change, "stalled")
    assert bed.swarm.node("n2").availability == "drain"
    bed.type("node update --availability active n3")
    bed.work()
    until(bed, change, "applied")
    assert len(bed.swarm.tasks()) == 2


def test_a_drained_node_with_nothing_left_says_how_to_give_it_back() -> None:
    bed = stuck()
    bed.settle(20)
    change = bed.type(f"{DRAIN} --then active")
    plain = bed.type(DRAIN)
    bed.work()
    told = bed.private(change)
    assert "no task is left on it" in told
    assert "node update --availability active n2" in told
    assert "n2 is like that already" in bed.private(plain)
    assert bed.swarm.node("n2").availability == "drain"


def test_a_drain_that_is_followed_is_not_followed_twice() -> None:
    bed = peopled()
    change = bed.type(DRAIN)
    bed.work()
    again, then = bed.type(DRAIN), bed.type(f"{DRAIN} --then active")
    bed.work()
    assert bed.change(again).state.value == "unchanged"
    assert f"{change} follows its drain" in bed.private(then)
    until(bed, change, "applied")


def test_a_label_of_a_drained_node_is_only_a_label() -> None:
    bed = stuck()
    change = bed.type("node update --label-add a=b n2")
    bed.work()
    assert (bed.change(change).state.value, bed.change(change).drain) == ("applied", None)
