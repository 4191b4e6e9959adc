"""SwarmKit's rules in memory, where the contract with the real swarm does not reach."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from playground.demo.ground import chosen
from playground.lab import CannotRunError, Lab
from playground.lab.images import images as real_images
from playground.simulator.__main__ import options_of
from playground.simulator.clock import PacedClock
from playground.simulator.images import BEHAVIOURS, fill
from playground.simulator.lab import SimulatedLab
from playground.simulator.model.fields import FUTURE
from playground.simulator.model.refusals import RefusedError
from playground.simulator.model.simulation import Simulation
from playground.simulator.model.state import Service, Task
from playground.simulator.server import SimulatorError
from tests.fakes.clock import FakeClock

SECOND = 10**9
IMAGE = "reg:5000/httpd"


class Bench:
    """A swarm of three nodes with a service `web`."""

    def __init__(self, replicas: int = 3, **spec: Any) -> None:
        self.clock = FakeClock()
        self.swarm = Simulation(self.clock)
        fill(self.swarm.images, "reg:5000")
        self.id = self.swarm.services.create(self.spec(replicas, **spec))
        self.after(3)

    def spec(self, replicas: int = 3, name: str = "web", **more: Any) -> dict[str, Any]:
        return {
            "Name": name,
            "TaskTemplate": {
                "ContainerSpec": {"Image": f"{IMAGE}:v1"},
                "RestartPolicy": {"Condition": "any", "Delay": SECOND},
                "Placement": {},
            },
            "Mode": {"Replicated": {"Replicas": replicas}},
            "UpdateConfig": {"Parallelism": 1, "Monitor": 5 * SECOND, "FailureAction": "pause"},
            **more,
        }

    @property
    def service(self) -> Service:
        return self.swarm.services.find("web")

    def tasks(self, state: str = "") -> list[Task]:
        found = self.swarm.world.of(self.service)
        return [task for task in found if not state or task.state == state]

    def after(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.swarm.settle()

    def post(self, tag: str = "", **labels: str) -> None:
        spec = {**self.service.spec, "Labels": {**self.service.spec["Labels"], **labels}}
        if tag:
            container = {**self.service.template["ContainerSpec"], "Image": f"{IMAGE}:{tag}"}
            spec["TaskTemplate"] = {**self.service.template, "ContainerSpec": container}
        self.swarm.services.update("web", self.service.version, spec)


def test_the_simulated_registry_has_the_tags_of_the_real_one() -> None:
    assert set(BEHAVIOURS) == set(real_images())


def test_a_missing_placement_costs_the_leader_and_a_reset_brings_another() -> None:
    bench = Bench()
    template = {k: v for k, v in bench.service.template.items() if k != "Placement"}
    with pytest.raises(RefusedError, match="does not have a leader"):
        bench.swarm.services.update(
            "web", bench.service.version, {**bench.service.spec, "TaskTemplate": template}
        )
    with pytest.raises(RefusedError, match="does not have a leader"):
        bench.swarm.settle()
    assert bench.service.template["Placement"] == {}


def test_a_missing_placement_is_no_matter_where_the_image_changes_too() -> None:
    bench = Bench()
    template = {k: v for k, v in bench.service.template.items() if k != "Placement"}
    template["ContainerSpec"] = {"Image": f"{IMAGE}:v2"}
    spec = {**bench.service.spec, "TaskTemplate": template}
    bench.swarm.services.update("web", bench.service.version, spec)
    bench.after(30)
    assert {task.image for task in bench.tasks("running")} == {f"{IMAGE}:v2"}


def test_five_tasks_of_a_slot_are_remembered() -> None:
    bench = Bench(1)
    bench.post("crash")
    bench.after(60)
    assert len(bench.tasks()) == 5
    assert {task.slot for task in bench.tasks()} == {1}
    assert len(bench.swarm.world.tasks) == 5


def test_versions_move_by_what_swarm_itself_writes() -> None:
    bench = Bench()
    before = bench.service.version
    bench.post("v2")
    bench.after(30)
    bench.post(x="y")
    assert bench.service.version > before + 10


def test_an_updated_task_that_is_drained_away_within_monitor_is_a_failure() -> None:
    bench = Bench(2)
    bench.post("v2")
    bench.after(1)
    new = next(task for task in bench.tasks("running") if task.image.endswith("v2"))
    node = bench.swarm.world.nodes[new.node_id]
    bench.swarm.nodes.update(node.id, node.version, {**node.spec, "Availability": "drain"})
    bench.after(1)
    assert bench.service.update_state == "paused"
    assert bench.service.update_message.endswith(f"task {new.id}")


def test_what_happened_on_a_lost_node_is_heard_when_it_is_back() -> None:
    bench = Bench(3)
    lost = bench.tasks("running")[0]
    bench.swarm.nodes.power(lost.node_id, up=False)
    bench.after(3)
    assert (lost.state, lost.desired) == ("running", "shutdown")
    assert sum(task.wanted for task in bench.tasks("running")) == 3
    bench.swarm.nodes.power(lost.node_id, up=True)
    assert lost.state == "shutdown"


def test_tasks_are_spread_and_no_node_gets_more_than_it_may() -> None:
    bench = Bench(6)
    load = [task.node_id for task in bench.tasks("running")]
    assert sorted(load.count(node) for node in bench.swarm.world.nodes) == [2, 2, 2]
    spec = bench.spec(4, name="one-each")
    spec["TaskTemplate"]["Placement"] = {"MaxReplicas": 1}
    made = bench.swarm.services.create(spec)
    bench.after(3)
    tasks = bench.swarm.world.of(bench.swarm.services.find(made))
    assert sorted(task.state for task in tasks) == ["pending", "running", "running", "running"]


def test_a_task_that_waits_gets_the_place_that_comes_free() -> None:
    bench = Bench(1)
    spec = bench.spec(1, name="picky")
    spec["TaskTemplate"]["Placement"] = {"Constraints": ["node.labels.disk!=slow", "node.role==x"]}
    made = bench.swarm.services.create(spec)
    task = bench.swarm.world.of(bench.swarm.services.find(made))[0]
    assert task.error == "no suitable node (scheduling constraints not satisfied on 3 nodes)"
    assert list(bench.swarm.world.pending) == [task.id]
    bench.swarm.services.remove(made)
    assert not bench.swarm.world.pending


def test_what_is_reserved_is_taken() -> None:
    bench = Bench(1)
    spec = bench.spec(7, name="big")
    spec["TaskTemplate"]["Resources"] = {"Reservations": {"NanoCPUs": SECOND}}
    made = bench.swarm.services.create(spec)
    bench.after(3)
    tasks = bench.swarm.world.of(bench.swarm.services.find(made))
    assert [task.state for task in tasks].count("running") == 6  # 2 CPUs a node
    waiting = next(task for task in tasks if task.state == "pending")
    assert waiting.error == "no suitable node (insufficient resources on 3 nodes)"
    smaller = {**spec, "Mode": {"Replicated": {"Replicas": 1}}}
    bench.swarm.services.update(made, bench.swarm.services.find(made).version, smaller)
    bench.after(3)
    bench.swarm.services.create(bench.spec(6, name="other", TaskTemplate=spec["TaskTemplate"]))
    bench.after(3)
    assert sum(task.state == "running" for task in bench.swarm.world.tasks.values()) == 1 + 6


def test_a_removed_service_leaves_nothing() -> None:
    bench = Bench()
    bench.post("v2")
    bench.swarm.services.remove("web")
    bench.after(30)
    world = bench.swarm.world
    assert (world.tasks, world.watchers, world.services) == ({}, {}, {})
    bench.swarm.services.create(bench.spec())  # its name is free


def test_rollback_needs_something_to_go_back_to() -> None:
    bench = Bench()
    with pytest.raises(RefusedError, match="does not have a previous spec"):
        bench.swarm.services.roll_back("web", bench.service.version)
    bench.post("v2")
    bench.after(30)
    with pytest.raises(RefusedError, match="out of sequence"):
        bench.swarm.services.roll_back("web", 1)


def test_an_id_may_be_short_but_not_ambiguous() -> None:
    bench = Bench()
    nodes = list(bench.swarm.world.nodes)
    short = next(n for n in range(1, 25) if len({node[:n] for node in nodes}) == len(nodes))
    assert bench.swarm.nodes.find(nodes[0][:short]).id == nodes[0]
    bench.swarm.world.nodes["same1"] = bench.swarm.world.nodes["same2"] = bench.swarm.nodes.find(
        "n1"
    )
    with pytest.raises(RefusedError, match=r"node same is ambiguous \(2 matches found\)"):
        bench.swarm.nodes.find("same")


def test_only_a_node_that_is_down_leaves_without_force() -> None:
    bench = Bench()
    bench.swarm.nodes.power("n3", up=False)
    bench.swarm.nodes.remove("n3")
    bench.swarm.nodes.remove("n2", force=True)
    bench.after(5)
    assert [node.hostname for node in bench.swarm.world.nodes.values()] == ["n1"]
    assert sum(task.wanted for task in bench.tasks("running")) == 3


def test_newer_versions_keep_newer_fields() -> None:
    bench = Bench()
    spec = bench.spec(name="new")
    spec["TaskTemplate"]["ContainerSpec"]["OomScoreAdj"] = 5
    old = bench.swarm.services.create(spec, (1, 45))
    assert "OomScoreAdj" not in bench.swarm.services.find(old).template["ContainerSpec"]
    new = bench.swarm.services.create({**spec, "Name": "newer"}, (1, 46))
    assert bench.swarm.services.find(new).template["ContainerSpec"]["OomScoreAdj"] == 5


def test_an_engine_of_the_future_knows_every_field() -> None:
    bench = Bench()
    spec = {**bench.spec(name="new"), "Future": {"kept": [1]}}
    old = bench.swarm.services.create(spec)
    assert "Future" not in bench.swarm.services.find(old).spec
    new = bench.swarm.services.create({**spec, "Name": "newer"}, FUTURE)
    assert bench.swarm.services.find(new).spec["Future"] == {"kept": [1]}


def test_nothing_that_is_not_due_happens_and_all_that_is_does() -> None:
    bench = Bench(1)
    seen: list[int] = []
    for delay in (3, 1, 2):
        bench.swarm.timeline.after(timedelta(seconds=delay), lambda d=delay: seen.append(d))  # type: ignore[misc]
    bench.after(2)
    assert seen == [1, 2]
    assert bench.swarm.timeline.next_at is not None
    bench.after(60)
    assert seen == [1, 2, 3]


def test_a_large_swarm_at_rest_has_nothing_to_do() -> None:
    clock = FakeClock()
    swarm = Simulation(clock, [f"n{number}" for number in range(1, 101)])
    fill(swarm.images, "reg:5000")
    spec = Bench(1).spec(10)
    for number in range(100):
        swarm.services.create({**spec, "Name": f"s{number}"})
    clock.advance(10)
    swarm.settle()
    tasks = swarm.world.tasks.values()
    assert {task.state for task in tasks} == {"running"}
    load = Counter(task.node_id for task in tasks)
    assert set(load.values()) == {10}
    assert len(load) == 100
    assert swarm.timeline.next_at is None


def test_a_clock_that_stands_still_moves_when_told() -> None:
    clock = PacedClock(0)
    before = clock.now()
    clock.advance(timedelta(seconds=90))
    clock.advance(timedelta(seconds=-90))
    assert clock.now() - before == timedelta(seconds=90)
    fast = PacedClock(1000)
    before = fast.now()
    while fast.now() == before:
        pass
    assert fast.now() > before


def test_the_command_line_says_how_it_is_started(tmp_path: Any) -> None:
    words = ["--socket", "/tmp/x.sock", "--nodes", "5", "--registry-port", "5000", "--speed", "0"]
    options, ready = options_of([*words, "--api-version", "1.47", "--ready-file", "ready.json"])
    assert (options.socket, options.nodes, options.registry_port) == ("/tmp/x.sock", 5, 5000)
    assert (options.speed, options.api_version, options.api) == (0.0, (1, 47), "1.47")
    assert str(ready) == "ready.json"
    for bad in (["--api-version", "2"], ["--nodes", "0"]):
        with pytest.raises(SystemExit):
            options_of(bad)


def test_the_demo_plays_on_real_engines_where_they_can_run() -> None:
    ground, told = chosen(simulated=False, why=lambda: None, install=lambda: None)
    assert isinstance(ground, Lab)
    assert told.startswith("Starting three Docker engines")


@pytest.mark.parametrize("late", [False, True])
def test_the_demo_says_why_it_plays_on_a_simulated_swarm(*, late: bool) -> None:
    reason = "a swarm needs root"

    def install() -> None:
        raise CannotRunError(reason)

    ground, told = chosen(simulated=False, why=lambda: None if late else reason, install=install)
    assert isinstance(ground, SimulatedLab)
    assert "\n" not in told
    assert told == (
        "No Docker engine can run here (a swarm needs root), so this plays on a SIMULATED swarm: "
        "its rules are SwarmKit's, but no container runs."
    )
    ground.down()


def test_the_demo_leaves_docker_alone_if_asked_to() -> None:
    def never() -> None:
        raise AssertionError("nothing is installed")

    ground, told = chosen(simulated=True, why=lambda: None, install=never)
    assert isinstance(ground, SimulatedLab)
    assert "SIMULATED" in told
    ground.down()


def test_a_simulated_lab_that_is_not_up_says_so() -> None:
    lab = SimulatedLab()
    assert lab.nodes == []
    for call in (lambda: lab.registry, lab.docker_host, lambda: lab.kill(2)):
        with pytest.raises(SimulatorError, match="not up"):
            call()
    with pytest.raises(SimulatorError, match="one manager"):
        lab.up(nodes=3, managers=3)
    with pytest.raises(SimulatorError, match="only n1"):
        lab.docker_host(2)
    assert lab.down() is False
    assert not lab.dir.exists()
