"""Generic resources (`--generic-resource GPU=1`) keep a task from a node, as memory does."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.drain.homes import Ground, room_for
from bot.domain.jsontypes import JsonObject
from bot.domain.observation import NodeView, TaskView
from tests.builders import SERVICE_ID, a_node, a_service, a_spec
from tests.unit.domain.drain.test_drain import spread
from tests.unit.domain.drain.test_together import N1, together

N2, N3 = a_node("n2"), a_node("n3")


def gpus(number: int, **discrete: int) -> JsonObject:
    kinds = {"GPU": number, **discrete}
    made = [{"DiscreteResourceSpec": {"Kind": k, "Value": v}} for k, v in kinds.items()]
    return {"Reservations": {"GenericResources": made}}


def room(
    resources: JsonObject, *nodes: NodeView, tasks: tuple[TaskView, ...] = ()
) -> tuple[int, str]:
    spec = a_spec(Resources=resources)
    ground = Ground(
        services={SERVICE_ID: a_service(spec)}, tasks=tasks, nodes={n.id: n for n in (N2, *nodes)}
    )
    found = room_for(spec, SERVICE_ID, "n2", ground)
    return found.tasks, ", ".join(found.why)


def test_a_node_without_them_is_no_home() -> None:
    assert room(gpus(1), replace(N3, generic={})) == (0, "reserved generic resource GPU")
    assert room(gpus(1), replace(N3, generic={"SSD": 5}))[0] == 0
    assert room(gpus(1), N3)[0] > 0, "it does not say what it has"


def test_a_node_takes_as_many_as_it_has_free() -> None:
    n3 = replace(N3, generic={"GPU": 5, "SSD": 1})
    assert room(gpus(2), n3)[0] == 2
    assert room(gpus(2), n3, tasks=spread("n3"))[0] == 1
    assert room(gpus(2), n3, tasks=spread("n3", "n3")) == (0, "reserved generic resource GPU")
    assert room(gpus(1, SSD=1), n3) == (1, "reserved generic resource SSD")


def test_named_ones_count_one_each() -> None:
    named = [{"NamedResourceSpec": {"Kind": "GPU", "Value": f"uuid{n}"}} for n in (1, 2)]
    asked = {"Reservations": {"GenericResources": named}}
    assert room(asked, replace(N3, generic={"GPU": 3}))[0] == 1


def test_what_moves_may_want_too_many_together() -> None:
    both = [a_spec(name=name, replicas=1, Resources=gpus(2)) for name in ("a", "b")]
    assert together(*both, n1=replace(N1, generic={"GPU": 4})) == ""
    assert together(*both, n1=replace(N1, generic={"GPU": 3})) == (
        "what moves does not fit elsewhere together: 4 generic resource GPU reserved, 3 free"
    )
    assert together(*both, n1=N1) == ""
