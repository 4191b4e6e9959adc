"""A simulated swarm of a hundred nodes that carries a thousand services, asked over HTTP."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.observation import TaskView, UpdateState
from playground.simulator.hub import Options
from playground.simulator.server import LocalSimulator
from workers.engine import DockerSwarm, EngineAddress, connect

NODES, SERVICES, REPLICAS = 100, 1_000, 10
SECOND = 10**9


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[LocalSimulator]:
    options = Options(nodes=NODES, speed=0, socket=str(tmp_path / "docker.sock"))
    with LocalSimulator(options) as served:
        yield served


def _spec(simulator: LocalSimulator, number: int) -> dict[str, Any]:
    image = f"{simulator.registry}/httpd:v1"
    return {
        "Name": f"web-{number}",
        "Labels": {},
        "TaskTemplate": {"ContainerSpec": {"Image": image}, "Placement": {}},
        "Mode": {"Replicated": {"Replicas": REPLICAS}},
        "UpdateConfig": {"Parallelism": 2, "Monitor": SECOND, "FailureAction": "pause"},
    }


def _ids(tasks: list[TaskView]) -> dict[str, set[str]]:
    """Return the ids of tasks by service."""
    found: dict[str, set[str]] = defaultdict(set)
    for task in tasks:
        found[task.service_id].add(task.id)
    return found


def _update(swarm: DockerSwarm, simulator: LocalSimulator, ref: str) -> None:
    live = swarm.service(ref)
    live.spec["TaskTemplate"]["ContainerSpec"]["Image"] = f"{simulator.registry}/httpd:v2"
    swarm.update_service(live.id, live.version, live.spec)
    for _ in range(100):
        if swarm.service(ref).update_state is UpdateState.COMPLETED:
            return
        simulator.control("advance", seconds=0.5)
    raise AssertionError("it did not complete")


def test_ten_thousand_tasks_are_all_there_and_only_those_move_that_must(
    simulator: LocalSimulator,
) -> None:
    swarm = connect(EngineAddress(host=simulator.docker_host))
    made = [swarm.create_service(_spec(simulator, number)) for number in range(SERVICES)]
    simulator.control("advance", seconds=1)
    assert len(set(made)) == SERVICES
    assert {service.id for service in swarm.services()} == set(made)
    tasks = swarm.tasks()
    assert Counter(task.state for task in tasks) == {"running": SERVICES * REPLICAS}
    slots = {(task.service_id, task.slot) for task in tasks}
    assert slots == {(one, slot) for one in made for slot in range(1, REPLICAS + 1)}
    on_each = Counter(task.node_id for task in tasks)
    assert len(swarm.nodes()) == NODES
    assert on_each == {node.id: SERVICES * REPLICAS // NODES for node in swarm.nodes()}

    before = _ids(tasks)
    _update(swarm, simulator, "web-500")
    tasks = swarm.tasks()
    after, changed = _ids(tasks), made[500]
    assert {one for one in made if before[one] != after[one]} == {changed}
    assert len(after[changed]) == REPLICAS
    assert not before[changed] & after[changed]
    assert {task.image.rpartition(":")[2] for task in tasks if task.id in after[changed]} == {"v2"}

    lost = swarm.node("n50").id
    moving = {task.id for task in tasks if task.node_id == lost}
    simulator.control("node", name="n50", up=False)
    simulator.control("advance", seconds=10)
    tasks = swarm.tasks()
    assert Counter(task.state for task in tasks) == {"running": SERVICES * REPLICAS}
    assert lost not in {task.node_id for task in tasks}
    stayed = {each for ids in after.values() for each in ids} - moving
    assert {task.id for task in tasks} >= stayed
    assert len(tasks) - len(stayed) == len(moving) > 0

    swarm.remove_service(made[0])
    assert len(swarm.services()) == SERVICES - 1
    assert len(swarm.tasks()) == (SERVICES - 1) * REPLICAS
