"""What Swarm is bringing up as a drain is planned: waited for, unless it fails or has no place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.drain import Moving, Sight, planned, step
from bot.domain.drain.coming import failing_slots
from bot.domain.drain.homes import Ground
from bot.domain.jsontypes import JsonObject
from bot.domain.observation import Mode, TaskView, UpdateState
from tests.builders import NOW, SERVICE_ID, a_service, a_spec, a_task, later
from tests.unit.domain.drain.test_drain import N2, NODES, a_drain, moving, sight, spread

BRINGING_UP = ("assigned", "accepted", "preparing", "ready", "starting")


def plan(
    *tasks: TaskView, replicas: int, ended: tuple[TaskView, ...] = (), **world: Any
) -> tuple[Moving, str]:
    """Plan a drain of n2 on which a task of `web` is; its history holds the ended ones."""
    spec = a_spec(replicas=replicas)
    values = {"services": {SERVICE_ID: a_service(spec)}, "tasks": tasks, "nodes": NODES}
    there = Ground(**{**values, "failing": failing_slots((*tasks, *ended)), **world})
    (web,), warnings = planned(N2, there)
    return web, "\n".join(warnings)


def ended(slot: int, state: str, at: float) -> TaskView:
    """A task of the slot that is over."""
    return a_task(
        slot, id=f"old-{slot}-{at}", node_id="n2", state=state, desired="shutdown",
        created_at=later(at), up_to_date=False,
    )  # fmt: skip


@pytest.mark.parametrize("state", BRINGING_UP)
@pytest.mark.parametrize("desired", ["ready", "running"])
def test_what_is_being_brought_up_is_waited_for(state: str, desired: str) -> None:
    web, told = plan(*spread("n2", state=state, desired=desired), replicas=1)
    assert (web.here, web.ran, web.coming, web.needs) == (1, 0, 1, 1)
    assert "web is away for a while: its only task will stop before others start" in told


def test_it_is_not_over_before_that_runs_elsewhere() -> None:
    web, _ = plan(*spread("n2", state="starting"), replicas=1)
    service = a_service(a_spec(replicas=1))
    drain = a_drain(services=(web,))
    drain, _ = step(drain, "n2", sight(service=service), later(1))
    assert [each.name for each in drain.stuck] == ["web"]
    drain, _ = step(drain, "n2", sight(*spread("n3"), service=service), later(2))
    assert drain.stuck == ()


def test_an_update_of_several_at_once_is_waited_for_whole() -> None:
    up = spread("n1", "n2", "n3")
    coming = [a_task(n, id=f"t{n}", node_id=f"n{n - 3}", state="starting") for n in (4, 5, 6)]
    web, _ = plan(*up, *coming, replicas=6)
    assert (web.ran, web.coming, web.needs) == (3, 3, 6)


def test_a_slot_whose_old_task_still_runs_counts_once() -> None:
    """start-first: the new task comes up beside the old one."""
    new = a_task(2, id="new", node_id="n3", state="starting")
    web, _ = plan(*spread("n1", "n2"), new, replicas=4)
    assert (web.ran, web.coming, web.needs) == (2, 0, 2)


@pytest.mark.parametrize(
    "task",
    [
        a_task(1, id="x", node_id="", state="pending", error="no suitable node"),
        a_task(1, id="x", node_id="", state="new"),
        a_task(1, id="x", node_id="n1", state="assigned", desired="shutdown"),
    ],
)
def test_what_has_no_place_is_not_waited_for(task: TaskView) -> None:
    web, _ = plan(task, *spread("n1", "n2"), replicas=3)
    assert (web.coming, web.needs) == (0, 2)


def test_what_comes_up_on_a_node_that_is_down_is_not_waited_for_as_such() -> None:
    down = {**NODES, "n3": replace(NODES["n3"], status="down")}
    new = a_task(9, id="x", node_id="n3", state="starting")
    web, _ = plan(*spread("n2"), new, replicas=2, nodes=down)
    assert (web.ran, web.coming) == (1, 0)


@pytest.mark.parametrize(
    ("history", "waited"),
    [
        (("failed", "failed"), 0),
        (("rejected", "rejected", "rejected"), 0),
        (("failed",), 0),  # it has never done anything else
        (("shutdown", "failed"), 1),  # the first one after an update: it may yet run
        (("failed", "failed", "shutdown"), 1),  # was updated since
        ((), 1),
    ],
)
def test_what_fails_again_and_again_is_not_waited_for(
    history: tuple[str, ...], waited: int
) -> None:
    old = tuple(ended(1, state, -60 + n) for n, state in enumerate(history))
    web, told = plan(*spread("n2", state="starting"), replicas=1, ended=old)
    assert (web.coming, web.needs) == (waited, waited)
    assert "web is away for a while" in told, "one replica, and it is here"


def test_modes_that_do_not_move_their_tasks_have_nothing_coming() -> None:
    modes: list[JsonObject] = [{"Global": {}}, {"ReplicatedJob": {"TotalCompletions": 1}}]
    for mode in modes:
        spec = {**a_spec(), "Mode": mode}
        there = Ground(
            services={SERVICE_ID: a_service(spec)},
            tasks=spread("n2", state="starting"),
            nodes=NODES,
        )
        (web,), _ = planned(N2, there)
        assert web.mode in {Mode.GLOBAL, Mode.REPLICATED_JOB}
        assert (web.coming, web.needs) == (0, 0)


@pytest.mark.parametrize(
    ("tasks", "says"),
    [
        ([("n2", "starting"), ("n2", "starting")], "all 2 tasks that start will stop"),
        ([("n2", "running"), ("n2", "running")], "all 2 tasks that run will stop"),
        ([("n2", "running"), ("n1", "starting")], "its only task that runs will stop"),
        ([("n2", "starting"), ("n1", "running")], ""),
        ([("n2", "starting"), ("n1", "starting")], ""),
    ],
)
def test_an_outage_is_told_by_what_runs_elsewhere(tasks: list[tuple[str, str]], says: str) -> None:
    made = [
        a_task(n, id=f"t{n}", node_id=node, state=state)
        for n, (node, state) in enumerate(tasks, start=1)
    ]
    _, told = plan(*made, replicas=2)
    assert says in told
    assert ("web is away" in told) is bool(says)


def test_what_is_found_coming_up_later_on_is_waited_for() -> None:
    service = a_service(a_spec(replicas=1))
    tasks = spread("n2", state="starting")
    draining = {**NODES, "n2": replace(N2, availability="drain")}
    seen = Sight(services={SERVICE_ID: service}, tasks={SERVICE_ID: tasks}, nodes=draining)
    drain, _ = step(a_drain(services=()), "n2", seen, later(1))
    assert [(each.coming, each.needs) for each in drain.services] == [(1, 1)]
    looping = (*tasks, ended(1, "failed", -1), ended(1, "failed", -2))
    seen = replace(seen, tasks={SERVICE_ID: looping})
    drain, _ = step(a_drain(services=()), "n2", seen, later(1))
    assert [(each.coming, each.needs) for each in drain.services] == [(0, 0)]


# -- what it waits for, in words


@pytest.mark.parametrize("state", ["pending", "new"])
def test_a_task_that_was_given_up_is_not_what_it_waits_for(state: str) -> None:
    old = a_task(2, id="x", node_id="", state=state, desired="shutdown", error="no suitable node")
    new = a_task(2, id="y", node_id="n1", state="starting")
    drain, _ = step(a_drain(), "n2", sight(*spread("n1", "n3"), old, new), later(1))
    assert drain.services[0].waits == "new tasks are starting"


@pytest.mark.parametrize(("at", "quoted"), [(-0.05, True), (-3, True), (-30, False)])
def test_a_failure_right_after_the_node_was_set_is_told_by_clocks_that_differ(
    at: float, *, quoted: bool
) -> None:
    failed = a_task(
        2, id="x", node_id="n1", state="failed", desired="shutdown", error="exit 1",
        created_at=later(at),
    )  # fmt: skip
    drain, _ = step(a_drain(began_at=NOW), "n2", sight(*spread("n1", "n3"), failed), later(1))
    assert (drain.services[0].waits == "failed: exit 1") is quoted


def test_what_was_planned_before_there_was_a_word_for_it_goes_on() -> None:
    assert moving().coming == 0


# -- an update under way


@pytest.mark.parametrize(
    ("state", "up_to_date", "warns"),
    [
        (UpdateState.UPDATING, True, True),
        (UpdateState.ROLLBACK_STARTED, True, True),
        (UpdateState.NONE, False, True),  # a post has wiped the word, the updater goes on
        (UpdateState.NONE, True, False),
        (UpdateState.COMPLETED, True, False),
        (UpdateState.PAUSED, False, False),  # nothing is updated that a drain could pause
    ],
)
def test_an_update_under_way_is_warned_of(
    state: UpdateState, *, up_to_date: bool, warns: bool
) -> None:
    service = {SERVICE_ID: a_service(replicas=3, update_state=state)}
    tasks = (*spread("n2", "n3"), a_task(3, up_to_date=up_to_date))
    _, told = plan(*tasks, replicas=3, services=service)
    assert ("web is being updated: a new task that is moved within" in told) is warns
