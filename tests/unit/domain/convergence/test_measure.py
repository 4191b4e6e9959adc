from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from bot.domain.convergence import Measured, measure
from bot.domain.jsontypes import Spec
from bot.domain.observation import NodeView, Observation, TaskView, UpdateState
from tests.builders import SECOND, a_node, a_spec, a_task, an_observation, later, with_nodes

TASKS = (a_task(1), a_task(2), a_task(3))
UPDATING: dict[str, Any] = {"update_state": UpdateState.UPDATING}


def look(seen: Observation, seconds: float = 10) -> Measured:
    assert seen.service is not None
    return measure(seen.service, seen, later(seconds))


def waits(spec: Spec | None, *tasks: TaskView, **service: Any) -> str:
    return look(an_observation(spec, tasks, **service)).progress.waiting_for


def on(node: str, **fields: Any) -> TaskView:
    return a_task(0, id=f"task-{node}", node_id=node, **fields)


def test_all_tasks_run_the_spec() -> None:
    found = look(an_observation())
    assert found.all_right
    assert found.monitor == timedelta(seconds=5)
    assert (found.progress.updated, found.progress.running, found.progress.total) == (3, 3, 3)
    assert found.progress.waiting_for == "monitor 5s"
    assert [slot.label for slot in found.progress.slots] == ["web.1", "web.2", "web.3"]


@pytest.mark.parametrize(
    "broken",
    [
        a_task(3, "starting"),
        a_task(3, "failed"),
        a_task(3, up_to_date=False),
        a_task(3, desired="shutdown"),
        a_task(4),
    ],
)
def test_one_that_is_not_right_is_enough(broken: TaskView) -> None:
    tasks = (*TASKS[:2], broken) if broken.slot == 3 else (*TASKS, broken)
    assert not look(an_observation(tasks=tasks)).all_right


def test_slots_need_not_be_numbered_from_one() -> None:
    found = look(an_observation(tasks=(a_task(2), a_task(5), a_task(7))))
    assert found.all_right
    assert [slot.label for slot in found.progress.slots] == ["web.2", "web.5", "web.7"]


def test_empty_slots_are_shown() -> None:
    found = look(an_observation(tasks=(a_task(2),)))
    assert [(s.label, s.state) for s in found.progress.slots] == [
        ("web.1", ""),
        ("web.2", "running"),
        ("web.3", ""),
    ]
    assert (found.progress.updated, found.progress.total) == (1, 3)


def test_start_first_counts_the_new_task_and_waits_for_the_old() -> None:
    old = a_task(3, id="old", up_to_date=False)
    found = look(an_observation(tasks=(*TASKS, old)))
    assert found.progress.updated == 3
    assert not found.all_right
    assert found.progress.waiting_for == "1 task to stop"


def test_a_second_task_of_the_same_spec_does_not_hold_it_up() -> None:
    assert look(an_observation(tasks=(*TASKS, a_task(3, "ready", id="next")))).all_right


def test_a_task_on_a_node_that_is_down_does_not_count() -> None:
    seen = with_nodes(an_observation(), a_node("n1", status="down"))
    found = look(seen)
    assert found.progress.updated == 0
    assert found.progress.waiting_for == "node node-n1 is down"


def test_a_replacement_counts_though_its_predecessor_hangs_on_a_lost_node() -> None:
    lost = a_task(3, id="lost", node_id="n2")
    seen = an_observation(tasks=(*TASKS, lost))
    assert look(with_nodes(seen, a_node("n1"), a_node("n2", status="down"))).all_right


def test_no_replicas_are_right_at_once_when_nothing_is_left() -> None:
    none = a_spec(replicas=0)
    assert look(an_observation(none, ())).all_right
    assert look(an_observation(none, ())).monitor == timedelta()
    left = look(an_observation(none, TASKS[:2]))
    assert not left.all_right
    assert left.progress.waiting_for == "2 tasks to stop"


def test_scaling_down_waits_for_the_surplus() -> None:
    found = look(an_observation(a_spec(replicas=2)))
    assert not found.all_right
    assert found.progress.waiting_for == "1 task to stop"
    done = look(an_observation(a_spec(replicas=2), TASKS[:2]))
    assert done.progress.score > found.progress.score


@pytest.mark.parametrize(
    ("update", "monitor"),
    [
        (None, 5),
        ({}, 5),
        ({"Parallelism": 1}, 5),
        ({"Monitor": 0}, 0),
        ({"Monitor": 12 * SECOND}, 12),
    ],
)
def test_the_monitor_window(update: dict[str, Any] | None, monitor: int) -> None:
    assert look(an_observation(a_spec(update=update))).monitor == timedelta(seconds=monitor)


def test_swarms_own_rollback_runs_under_its_rollback_config() -> None:
    spec = a_spec(update={"Monitor": SECOND}, rollback={"Monitor": 9 * SECOND})
    state = UpdateState.ROLLBACK_STARTED
    assert look(an_observation(spec, update_state=state)).monitor == timedelta(seconds=9)


class TestGlobal:
    SPEC = a_spec(replicas=None)

    def test_every_ready_and_active_node_is_wanted(self) -> None:
        seen = with_nodes(an_observation(self.SPEC, (on("n1"),)), a_node("n1"), a_node("n2"))
        found = look(seen)
        assert (found.progress.updated, found.progress.total) == (1, 2)
        assert not found.all_right
        both = replace(seen, tasks=(on("n1"), on("n2")))
        assert look(both).all_right
        assert [slot.label for slot in look(both).progress.slots] == ["node-n1", "node-n2"]

    @pytest.mark.parametrize(
        "node",
        [
            a_node("n2", status="down"),
            a_node("n2", availability="drain"),
            a_node("n2", availability="pause"),
            a_node("n2", status="disconnected"),
        ],
    )
    def test_other_nodes_are_not(self, node: NodeView) -> None:
        seen = with_nodes(an_observation(self.SPEC, (on("n1"),)), a_node("n1"), node)
        assert look(seen).all_right

    @pytest.mark.parametrize(
        ("constraint", "wanted"),
        [
            ("node.labels.env==prod", {"n1"}),
            ("node.labels.env == PROD", {"n1"}),
            ("node.labels.env!=prod", {"n2"}),
            ("node.role==manager", {"n2"}),
            ("node.hostname!=node-n1", {"n2"}),
            ("node.id==n1", {"n1"}),
            ("node.platform.os==linux", set()),
        ],
    )
    def test_constraints(self, constraint: str, wanted: set[str]) -> None:
        spec = a_spec(replicas=None, Placement={"Constraints": [constraint]})
        nodes = a_node("n1", labels={"env": "prod"}), a_node("n2", role="manager")
        progress = look(with_nodes(an_observation(spec, ()), *nodes)).progress
        assert {slot.node for slot in progress.slots} == {f"node-{n}" for n in wanted}

    def test_a_node_that_swarm_chose_counts_whatever_its_constraints(self) -> None:
        spec = a_spec(replicas=None, Placement={"Constraints": ["node.platform.os==linux"]})
        assert look(with_nodes(an_observation(spec, (on("n1"),)), a_node("n1"))).all_right

    def test_nodes_are_shown_by_name(self) -> None:
        nodes = a_node("n1", hostname="zoe"), a_node("n2", hostname="adam")
        progress = look(with_nodes(an_observation(self.SPEC, ()), *nodes)).progress
        assert [slot.label for slot in progress.slots] == ["adam", "zoe"]

    def test_no_node_is_not_right_at_once(self) -> None:
        spec = a_spec(replicas=None, Placement={"Constraints": ["node.platform.os==linux"]})
        found = look(with_nodes(an_observation(spec, ()), a_node("n1")))
        assert found.monitor == timedelta(seconds=5)

    def test_a_task_that_must_go_holds_it_up(self) -> None:
        spec = a_spec(replicas=None, Placement={"Constraints": ["node.id==n1"]})
        tasks = on("n1"), on("n2", up_to_date=False)
        found = look(with_nodes(an_observation(spec, tasks), a_node("n1"), a_node("n2")))
        assert not found.all_right
        assert found.progress.waiting_for == "1 task to stop"

    def test_what_stays_as_it_was_on_a_paused_node_does_not(self) -> None:
        tasks = on("n1"), on("n2", up_to_date=False)
        paused = a_node("n2", availability="pause", labels={"env": "test"})
        seen = with_nodes(an_observation(self.SPEC, tasks), a_node("n1"), paused)
        assert look(seen).all_right
        assert look(seen).progress.total == 1
        elsewhere = a_spec(replicas=None, Placement={"Constraints": ["node.labels.env==prod"]})
        prod = a_node("n1", labels={"env": "prod"})
        moved = with_nodes(an_observation(elsewhere, tasks), prod, paused)
        assert look(moved).progress.waiting_for == "1 task to stop", "Swarm stops it there, too"


class TestJobs:
    SPEC: ClassVar[Spec] = {
        **a_spec(),
        "Mode": {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 2}},
    }

    def done(self, slot: int, **fields: Any) -> TaskView:
        return a_task(slot, "complete", desired="complete", job_iteration=1, **fields)

    def test_complete_tasks_count(self) -> None:
        seen = an_observation(self.SPEC, (self.done(0), self.done(1)))
        assert look(seen).all_right
        assert look(seen).monitor == timedelta()

    def test_running_ones_do_not(self) -> None:
        running = a_task(1, desired="complete", job_iteration=1)
        found = look(an_observation(self.SPEC, (self.done(0), running)))
        assert not found.all_right
        assert found.progress.waiting_for == "the job to complete"

    def test_an_earlier_iteration_does_not(self) -> None:
        new = a_task(0, "pending", desired="complete", job_iteration=2)
        found = look(an_observation(self.SPEC, (self.done(0), self.done(1), new)))
        assert found.progress.updated == 0


class TestWaiting:
    PENDING = "no suitable node (scheduling constraints not satisfied on 3 nodes)"
    OLD = a_task(3, up_to_date=False)

    def test_swarms_own_words_for_no_suitable_node(self) -> None:
        pending = a_task(3, "pending", node_id="", error=self.PENDING)
        assert waits(None, *TASKS[:2], pending, **UPDATING) == self.PENDING

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            ("preparing", "image pull"),
            ("starting", "health check"),
            ("assigned", "the node to take it"),
            ("ready", "restart delay"),
            ("pending", "a node"),
        ],
    )
    def test_the_phase_of_a_task(self, state: str, words: str) -> None:
        assert waits(None, *TASKS[:2], a_task(3, state)) == words

    def test_a_task_that_starts_may_just_be_quick(self) -> None:
        seen = an_observation(tasks=(a_task(3, "starting", state_at=later(9.5)),))
        assert look(seen, 10).progress.waiting_for == "start"

    def test_a_health_check_in_the_spec_is_known_at_once(self) -> None:
        spec = a_spec()
        spec["TaskTemplate"]["ContainerSpec"]["Healthcheck"] = {"Test": ["CMD", "true"]}
        seen = an_observation(spec, (a_task(3, "starting", state_at=later(9.5)),))
        assert look(seen, 10).progress.waiting_for == "health check"

    def test_the_old_task_has_to_stop_first(self) -> None:
        ready = a_task(3, "ready", desired="ready")
        assert waits(None, *TASKS[:2], ready, **UPDATING) == "the old task to stop"

    def test_the_delay_between_batches(self) -> None:
        spec = a_spec(update={"Delay": 90 * SECOND})
        assert waits(spec, *TASKS[:2], self.OLD, **UPDATING) == "delay 1m30s"

    def test_a_lost_node_holds_an_update_whose_tasks_do_not_move(self) -> None:
        seen = an_observation(tasks=(*TASKS[:2], self.OLD), **UPDATING)
        seen = with_nodes(seen, a_node("n1"), a_node("n2", status="down"))
        assert look(seen).progress.waiting_for == "node node-n2 is down"

    def test_a_replacement_on_a_lost_node(self) -> None:
        seen = an_observation(tasks=(*TASKS[:2], a_task(3, "assigned", node_id="n2")))
        seen = with_nodes(seen, a_node("n1"), a_node("n2", status="down"))
        assert look(seen).progress.waiting_for == "node node-n2 is down"


class TestExpected:
    def test_batches_delays_and_monitor(self) -> None:
        spec = a_spec(replicas=6, update={"Parallelism": 2, "Delay": 10 * SECOND})
        found = look(an_observation(spec, TASKS[:2], **UPDATING))
        assert found.progress.expected == timedelta(seconds=3 * 2 + 2 * 10 + 5)

    def test_new_tasks_do_not_wait_for_one_another(self) -> None:
        spec = a_spec(replicas=6, update={"Parallelism": 2, "Delay": 90 * SECOND})
        assert look(an_observation(spec, TASKS)).progress.expected == timedelta(seconds=7)
        stale = (*TASKS[:2], a_task(3, up_to_date=False))
        found = look(an_observation(spec, stale))
        assert found.progress.expected == timedelta(seconds=3 * 2 + 2 * 90 + 5)

    def test_a_job_goes_by_its_own_number_at_once(self) -> None:
        spec = a_spec() | {"Mode": {"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 6}}}
        done = tuple(a_task(n, "complete", desired="complete") for n in (0, 1))
        assert look(an_observation(spec, done)).progress.expected == timedelta(seconds=3 * 2)

    def test_all_at_once(self) -> None:
        spec = a_spec(replicas=6, update={"Parallelism": 0})
        assert look(an_observation(spec, TASKS)).progress.expected == timedelta(seconds=7)

    def test_unknown_before_the_first_task(self) -> None:
        assert look(an_observation(tasks=())).progress.expected is None
