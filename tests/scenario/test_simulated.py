"""The whole bot on a simulated swarm: needs no root, no Docker, and so runs everywhere."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from bot.slack.manifest import BOT_SCOPES
from playground.simulator.lab import SimulatedLab
from playground.stage import Stage
from tests.scenario.conftest import gathered
from tests.scenario.team import SHORT, Team, states_of
from tests.waiting import eventually


@pytest.fixture(scope="module")
def lab() -> Iterator[SimulatedLab]:
    made = SimulatedLab()
    made.up(nodes=3)
    yield made
    made.down()


@pytest.fixture(scope="module")
def stage(lab: SimulatedLab) -> Iterator[Stage]:
    with Stage(lab, rate_limits=False) as made:
        made.client.configure(scopes=BOT_SCOPES)
        yield made


@pytest.fixture
def team(stage: Stage, request: pytest.FixtureRequest) -> Team:
    return gathered(stage, request.node.name)


def asked(lab: SimulatedLab, path: str) -> Any:
    """Ask the simulated engine itself, by TCP, as any client could."""
    assert lab.simulator is not None
    url = lab.simulator.url.replace("tcp://", "http://")
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{url}{path}", timeout=10)
    return answer.json()


def images(lab: SimulatedLab, service: str) -> list[str]:
    """Return the tags of the tasks that run."""
    tasks = asked(lab, f'/tasks?filters={{"service":["{service}"],"desired-state":["running"]}}')
    running = [task for task in tasks if task["Status"]["State"] == "running"]
    names = [task["Spec"]["ContainerSpec"]["Image"].partition("@")[0] for task in running]
    return [name.rpartition(":")[2] for name in names]


def test_a_service_lives_from_create_to_rm(team: Team, lab: SimulatedLab) -> None:
    name = team.service
    made = team.creates("--replicas 2")
    assert states_of(made) == ["progressing", "completed"]
    assert images(lab, name) == ["v1", "v1"]

    team.does(f"update --image {team.image('v2')} {name}")
    assert images(lab, name) == ["v2", "v2"]

    paced = "--update-parallelism 1"
    paused = team.does(f"update {paced} --image {team.image('crash')} {name}", end="paused")
    assert "no database at db:5432" in team.note(paused, "paused").text
    team.clicks(paused, "Roll back", who="bob")
    team.rests(paused, "rolled_back")
    assert images(lab, name) == ["v2", "v2"]

    team.does(f"scale {name}=4")
    assert images(lab, name) == ["v2"] * 4
    assert f"{name}" in team.asks("services").text

    asks = team.begins(f"rm {name}")
    team.clicks(asks, "Remove")
    team.shows(asks, lambda m: m.state == "applied")
    assert asked(lab, f"/services/{name}")["message"] == f"service {name} not found"


def test_a_label_brings_a_service_to_its_node(team: Team, lab: SimulatedLab) -> None:
    name = team.service
    node = next(n for n in asked(lab, "/nodes") if n["Description"]["Hostname"] == "n3")
    team.does(f"docker node update --label-add place={name} n3", end="applied", who="sam")
    placed = f"--constraint node.labels.place=={name}"
    team.does(f"create --name {name} --replicas 2 {placed} {SHORT} {team.image('v1')}")
    tasks = asked(lab, f'/tasks?filters={{"service":["{name}"]}}')
    assert {task["NodeID"] for task in tasks} == {node["ID"]}


def test_a_lost_node_loses_no_service(team: Team, lab: SimulatedLab) -> None:
    name = team.service
    team.creates("--replicas 3")
    lab.kill(2)
    try:
        team.does(f"update --image {team.image('v2')} {name}")
        assert images(lab, name) == ["v2"] * 3
        down = [n for n in asked(lab, "/nodes") if n["Status"]["State"] == "down"]
        assert [n["Description"]["Hostname"] for n in down] == ["n2"]
    finally:
        lab.start(2)


def test_a_global_update_ends_though_a_node_is_paused(team: Team, lab: SimulatedLab) -> None:
    name = team.service
    team.creates("--mode global")
    team.does("node update --availability pause n3", end="applied", who="sam")
    try:
        team.does(f"update --image {team.image('v2')} {name}")
        assert sorted(images(lab, name)) == ["v1", "v2", "v2"]
    finally:
        team.does("node update --availability active n3", end="applied", who="sam")


def test_a_pull_that_hangs_is_waited_for_and_then_said(team: Team, lab: SimulatedLab) -> None:
    name = team.service
    team.creates("--replicas 2")
    assert lab.simulator is not None
    lab.simulator.control("image", name="httpd:hangs", starts_in=3600)
    hangs = f"update --deadline 3s --image {team.image('hangs')} {name}"
    stalled = team.does(hangs, "stalled")
    assert states_of(stalled) == ["progressing", "stalled"]
    assert "image pull" in stalled.text
    assert stalled.buttons == ["Keep waiting", "Un-stick", "Roll back", "Abort"]
    told = team.note(stalled, "stalled")
    assert told.broadcast
    assert "image pull" in told.text
    team.clicks(stalled, "Roll back")
    team.rests(stalled, "rolled_back")
    assert images(lab, name) == ["v1", "v1"]


def test_an_engine_that_does_not_answer_is_named_by_readyz(
    team: Team, stage: Stage, lab: SimulatedLab
) -> None:
    name = team.service
    team.creates()
    assert lab.simulator is not None
    lab.simulator.control("image", name="httpd:slow", starts_in=8)
    parent = team.begins(f"update --image {team.image('slow')} {name}")
    lab.simulator.control("unavailable", on=True)
    try:
        missing = "cluster default: no fresh heartbeat of a steward"
        eventually(lambda: missing in stage.problems(), "the cluster in /readyz")
        assert states_of(team.fresh(parent)) == ["progressing"]
    finally:
        lab.simulator.control("unavailable", on=False)
    assert states_of(team.rests(parent)) == ["progressing", "completed"]
    eventually(lambda: not stage.problems(), "a swarm that is ready again")
