"""What fits elsewhere service by service, and not all together; and which warnings come first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.drain import planned
from bot.domain.drain.homes import Ground
from bot.domain.jsontypes import JsonObject
from bot.domain.observation import NodeView, ServiceView, TaskView
from tests.builders import a_node, a_service, a_spec, a_task

N1, N2 = a_node("n1"), a_node("n2")
GIB = 2**30


def warnings_of(
    *specs: JsonObject, n1: NodeView = N1, there: tuple[JsonObject, ...] = ()
) -> tuple[str, ...]:
    """What is told of a drain of n2 with a task of each service; n1 runs one of each of `there`."""
    services: dict[str, ServiceView] = {}
    tasks: list[TaskView] = []
    for number, (spec, node) in enumerate([(s, "n2") for s in specs] + [(s, "n1") for s in there]):
        name = f"s{number}"
        services[name] = replace(a_service(spec), id=name)
        tasks.append(replace(a_task(1, id=f"t{number}", node_id=node), service_id=name))
    ground = Ground(services=services, tasks=tasks, nodes={"n1": n1, "n2": N2})
    return planned(N2, ground)[1]


def together(*specs: JsonObject, **world: Any) -> str:
    return "\n".join(text for text in warnings_of(*specs, **world) if "together" in text)


def asks(name: str, cpus: float = 0, memory: int = 0) -> JsonObject:
    wanted = {"NanoCPUs": int(cpus * 10**9), "MemoryBytes": memory}
    return a_spec(name=name, replicas=1, Resources={"Reservations": wanted})


def port(name: str, number: int) -> JsonObject:
    ports = [{"PublishedPort": number, "TargetPort": 80, "PublishMode": "host"}]
    return {**a_spec(name=name, replicas=1), "EndpointSpec": {"Ports": ports}}


def test_reservations_that_fit_one_by_one_only() -> None:
    n1 = replace(N1, cpus=4 * 10**9, memory=4 * GIB)
    both = asks("a", cpus=1.5), asks("b", cpus=2)
    assert together(*both, n1=n1) == ""
    assert together(*both, n1=n1, there=(asks("c", cpus=1),)) == (
        "what moves does not fit elsewhere together: 3.5 CPU reserved, 3 free"
    )
    large = asks("a", memory=3 * GIB), asks("b", memory=3 * GIB // 2)
    assert together(*large, n1=n1).endswith("together: 4.5 GiB memory reserved, 4 GiB free")
    small = replace(n1, memory=2**29)
    assert together(asks("a", memory=2**28), asks("b", memory=2**29), n1=small).endswith(
        "768 MiB memory reserved, 512 MiB free"
    )


def test_a_node_that_does_not_say_what_it_has_may_have_enough() -> None:
    assert together(asks("a", cpus=900), asks("b", cpus=900)) == ""


def test_one_service_is_told_of_by_its_own_warning() -> None:
    n1 = replace(N1, cpus=10**9)
    told = warnings_of(asks("a", cpus=2), asks("b"), n1=n1)
    assert told[0] == "a has no other home: reserved CPU"
    assert "together" not in "".join(told)


def test_no_other_node_is_told_of_as_that() -> None:
    n1 = replace(N1, cpus=10**9, availability="pause")
    assert together(asks("a", cpus=1), asks("b", cpus=1), n1=n1) == ""


def test_one_host_port_for_two_services() -> None:
    assert together(port("a", 80), port("b", 81)) == ""
    assert together(port("a", 80), port("b", 80)) == (
        "what moves does not fit elsewhere together: "
        "2 tasks want host port 80, nodes with it free: 1"
    )


def test_the_gravest_is_told_first() -> None:
    mounts = [{"Type": "bind", "Source": "/srv"}, {"Type": "volume", "Source": "data"}]
    bound = a_spec(name="a", replicas=1)
    bound["TaskTemplate"]["ContainerSpec"]["Mounts"] = mounts
    lonely = a_spec(name="c", replicas=1, Placement={"Constraints": ["node.hostname==node-n2"]})
    agent = a_spec(name="agent", replicas=None)
    job = {**a_spec(name="b"), "Mode": {"ReplicatedJob": {"TotalCompletions": 1}}}
    told = warnings_of(agent, bound, job, lonely)
    words = (
        "c has no other home", "a is away", "c is away", "b is a job", "a keeps data", "a needs",
        "agent is global",
    )  # fmt: skip
    assert [text.startswith(word) for text, word in zip(told, words, strict=True)] == [True] * 7


@pytest.mark.parametrize("number", [1, 20])
def test_what_has_no_home_is_never_cut_off_by_the_alphabet(number: int) -> None:
    lonely = a_spec(name="zz", replicas=1, Placement={"Constraints": ["node.hostname==node-n2"]})
    others = [a_spec(name=f"a{n:02}", replicas=1) for n in range(number)]
    assert warnings_of(*others, lonely)[0].startswith("zz has no other home")
