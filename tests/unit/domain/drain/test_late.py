"""What is found on the node only while it is emptied, and what removed services left there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.drain import Phase, Sight, planned, step
from bot.domain.drain.homes import Ground
from bot.domain.observation import Mode, TaskView
from tests.builders import NOW, a_service, a_spec, a_task, later
from tests.unit.domain.drain.test_drain import N2, NODES, a_drain, moving, sight, spread, stopping

DRAINED = {**NODES, "n2": replace(N2, availability="drain")}


def with_late(*tasks: TaskView, mode: dict[str, object] | None = None) -> Sight:
    """What is seen when a second service has these tasks; web is where it should be."""
    spec = {**a_spec(name="late", replicas=1), **({"Mode": mode} if mode else {})}
    late = replace(a_service(spec), id="s2")
    web = sight(*spread("n1", "n3", "n1"))
    return Sight(
        services={**web.services, "s2": late}, tasks={**web.tasks, "s2": tasks}, nodes=DRAINED
    )


def late_task(node_id: str, desired: str = "running") -> TaskView:
    return replace(
        a_task(1, id=f"late-{node_id}", node_id=node_id), service_id="s2", desired=desired
    )


def test_what_has_landed_there_since_it_was_worked_out_is_waited_for() -> None:
    drain, phase = step(a_drain(), "n2", with_late(late_task("n2")), later(1))
    assert phase is Phase.MOVING
    assert [(e.name, e.here, e.left, e.is_done) for e in drain.services] == [
        ("late", 1, 1, False),
        ("web", 1, 0, True),
    ]
    assert drain.done_since is None
    drain, _ = step(drain, "n2", with_late(), later(2))
    assert [each.name for each in drain.stuck] == ["late"], "it does not run elsewhere yet"
    drain, _ = step(drain, "n2", with_late(late_task("n1")), later(3))
    assert drain.stuck == ()
    assert step(drain, "n2", with_late(late_task("n1")), later(9))[1] is Phase.DONE


def test_a_global_services_task_that_still_stops_is_waited_for() -> None:
    seen = with_late(late_task("n2", desired="shutdown"), mode={"Global": {}})
    drain, _ = step(a_drain(services=()), "n2", seen, later(1))
    (late,) = drain.stuck
    assert (late.mode, late.left) == (Mode.GLOBAL, 1)
    assert step(drain, "n2", with_late(mode={"Global": {}}), later(2))[0].stuck == ()


def test_what_joins_late_is_no_progress_and_its_going_is() -> None:
    drain, _ = step(a_drain(), "n2", sight(*spread("n1", "n3", "n1")), later(1))
    joined, _ = step(drain, "n2", with_late(late_task("n2")), later(2))
    assert joined.progress_at == later(1)
    gone, _ = step(joined, "n2", with_late(late_task("n1")), later(3))
    assert gone.progress_at == later(3)


@pytest.mark.parametrize("known", [True, False])
def test_tasks_that_a_removed_service_left_are_waited_for(known: bool) -> None:  # noqa: FBT001  a case's figure
    old = stopping(desired="remove")
    seen = Sight(services={}, tasks={old.service_id: [old]}, nodes=DRAINED)
    drain, phase = step(a_drain(services=(moving(),) if known else ()), "n2", seen, later(1))
    (left,) = drain.stuck
    assert (left.is_gone, left.left, left.waits) == (True, 1, "old tasks to stop")
    assert phase is Phase.MOVING
    assert step(drain, "n2", Sight(services={}, tasks={}, nodes=DRAINED), later(2))[0].stuck == ()


def test_a_task_that_never_reached_the_node_is_not_on_it() -> None:
    given_up = a_task(1, node_id="n2", state="pending", desired="shutdown")
    assert planned(N2, Ground(services={"s": a_service()}, tasks=(given_up,), nodes=NODES)) == (
        (),
        (),
    )


def test_a_service_removed_meanwhile_does_not_hide_that_others_get_on() -> None:
    drain, _ = step(a_drain(), "n2", sight(*spread("n1", "n3"), stopping()), NOW)
    seen = Sight(services={}, tasks={}, nodes=DRAINED)
    assert step(drain, "n2", seen, later(5))[0].progress_at == later(5)
