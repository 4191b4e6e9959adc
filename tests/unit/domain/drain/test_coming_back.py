"""What has no other home than a node that is given back: counted, left out, waited for no more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.drain import Moving, Sight, planned, step
from bot.domain.observation import NodeView, TaskView
from tests.builders import a_service, a_spec, a_task, later
from tests.unit.domain.drain.test_drain import (
    N1,
    N2,
    N3,
    NODES,
    a_drain,
    ground,
    moving,
    sight,
    spread,
    stopping,
)


def planned_to_return(
    *tasks: TaskView, node: NodeView = N2, others: tuple[NodeView, ...] = (N1, N3), **placement: Any
) -> tuple[Moving, str]:
    spec = a_spec(replicas=len(tasks), Placement=placement)
    there = ground(a_service(spec), tasks=tasks, nodes=(node, *others))
    (web,), warnings = planned(node, there, returns=True)
    return web, "\n".join(warnings)


def test_what_fits_nowhere_else_comes_back_with_the_node() -> None:
    web, warnings = planned_to_return(*spread("n2", "n2"), Constraints=["node.hostname==node-n2"])
    assert (web.homeless, web.needs) == (2, 0)
    assert "constraint node.hostname==node-n2; it comes back with node-n2" in warnings
    assert "web is away until node-n2 is active again" in warnings
    assert "for a while" not in warnings
    web, warnings = planned_to_return(*spread("n1", "n2", "n2", "n3", "n3"), MaxReplicas=2)
    assert (web.homeless, web.needs) == (1, 4)
    assert "at most 2 a node; the rest (1) comes back with node-n2" in warnings


def test_what_fits_elsewhere_is_waited_for_there() -> None:
    web, warnings = planned_to_return(*spread("n1", "n2", "n3"))
    assert (web.homeless, web.needs) == (0, 3)
    assert "comes back" not in warnings


AWAY = [{"status": "unknown"}, {"status": "down"}, {"availability": "pause"}]


@pytest.mark.parametrize("away", [*AWAY, {"availability": "drain"}])
def test_what_would_fit_on_a_node_that_is_away_is_waited_for(away: dict[str, Any]) -> None:
    others = tuple(replace(each, **away) for each in (N1, N3))
    web, warnings = planned_to_return(*spread("n2", "n2"), others=others)
    assert (web.homeless, web.needs) == (0, 2)
    assert "web has no other home: node-n1 is" in warnings
    assert "comes back" not in warnings
    assert "web is away for a while" in warnings
    bound = ["node.hostname==node-n2"]
    assert planned_to_return(*spread("n2"), others=others, Constraints=bound)[0].homeless == 1


def test_of_what_fits_on_a_node_that_is_away_only_so_many_are_waited_for() -> None:
    paused = replace(N3, availability="pause")
    tasks = spread("n2", "n2", "n2")
    web, warnings = planned_to_return(*tasks, others=(paused,), MaxReplicas=1)
    assert (web.homeless, web.needs) == (2, 1)
    assert "node-n3 is set to pause; 2 of its 3 tasks come back with node-n2" in warnings


def test_where_there_is_no_other_node_all_comes_back() -> None:
    web, warnings = planned_to_return(*spread("n2", "n2"), others=())
    assert (web.homeless, web.needs) == (2, 0)
    assert "web has no other home; it comes back with node-n2" in warnings


def test_a_node_that_leaves_while_the_plan_is_drawn_up_is_no_error() -> None:
    there = ground(a_service(), tasks=spread("n1", "n2", "n3"), nodes=(N1, N3))
    (web,), _ = planned(N2, there, returns=True)
    assert web.homeless == 0


def test_without_a_return_all_is_waited_for() -> None:
    spec = a_spec(Placement={"Constraints": ["node.hostname==node-n2"]})
    (web,), warnings = planned(N2, ground(a_service(spec), tasks=spread("n2")))
    assert (web.homeless, web.needs) == (0, 1)
    assert "comes back" not in "".join(warnings)


def test_a_replacement_on_its_way_has_taken_its_room_elsewhere() -> None:
    coming = a_task(9, id="new", node_id="n1", state="starting")
    tasks = (*spread("n1", "n2", "n3"), coming)
    draining = replace(N2, availability="drain")
    assert planned_to_return(*tasks, node=draining, MaxReplicas=1)[0].homeless == 0
    assert planned_to_return(*tasks, MaxReplicas=1)[0].homeless == 1, "that is another's"


def test_a_task_that_does_not_run_yet_comes_back_with_the_node_too() -> None:
    bound = ["node.hostname==node-n2"]
    web, told = planned_to_return(*spread("n2", state="starting"), Constraints=bound)
    assert (web.homeless, web.needs) == (1, 0)
    assert "constraint node.hostname==node-n2; it comes back with node-n2" in told
    assert "web is away until node-n2 is active again" in told


def test_what_comes_back_with_the_node_is_not_waited_for_elsewhere() -> None:
    pending = a_task(3, id="x", node_id="", state="pending", error="no suitable node")
    seen = sight(*spread("n1", "n3"), pending)
    drain, _ = step(a_drain(services=(moving(homeless=1),)), "n2", seen, later(1))
    assert drain.stuck == ()
    assert drain.services[0].returning == 1
    drain, _ = step(drain, "n2", sight(*spread("n1", "n3"), pending, stopping()), later(2))
    assert [each.left for each in drain.stuck] == [1], "it has to leave the node all the same"
    drain, _ = step(drain, "n2", sight(*spread("n1")), later(3))
    assert [each.elsewhere for each in drain.stuck] == [1], "the others have a home"


def test_a_home_found_meanwhile_leaves_nothing_to_come_back() -> None:
    drain = a_drain(services=(moving(homeless=1),))
    found, _ = step(drain, "n2", sight(*spread("n1", "n3", "n1")), later(1))
    assert (found.stuck, found.services[0].returning) == ((), 0)
    gone, _ = step(drain, "n2", Sight(services={}, tasks={}, nodes=NODES), later(1))
    assert (gone.stuck, gone.services[0].returning) == ((), 0)
