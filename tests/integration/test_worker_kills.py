"""Kill each process of the worker once, in the middle of a rollout on a real swarm."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.revision import Mark
from bot.domain.rollout.record import Rollout, RolloutState
from playground.lab import Lab
from playground.workspace import Seen
from tests.integration.worker_bed import WorkerBed, worker_bed
from tests.lab_fixtures import docker_cli
from tests.scenario.recovery_stage import rests_once
from tests.waiting import eventually

QUICK = (
    "--update-monitor 2s --update-parallelism 1 --restart-delay 1s "
    "--stop-signal SIGKILL --stop-grace-period 1s"
)
POINTS = (
    "plan.after_commit",
    "announce.before_post",
    "announce.after_post",
    "announce.after_commit",
    "apply.before_post",
    "apply.after_post",
    "apply.before_commit",
    "apply.after_commit",
    "tick.before_commit",
    "tick.after_commit",
)


@pytest.fixture
def bed(swarm: Lab, redis_url: str, tmp_path: Path) -> Iterator[WorkerBed]:
    with worker_bed(redis_url, tmp_path, swarm.docker_host(1)) as made:
        yield made


@pytest.fixture
def service(swarm: Lab) -> Iterator[str]:
    """A service of v1 with three replicas, made by the docker CLI."""
    name = f"kills-{os.urandom(3).hex()}"
    image = f"{swarm.registry}/httpd:v1"
    docker_cli(
        swarm, "service", "create", "-q", "--name", name, "--replicas", "3", *QUICK.split(), image
    )
    yield name
    docker_cli(swarm, "service", "rm", name)


def ended(bed: WorkerBed, rollout_id: str) -> Rollout | None:
    rollout = bed.rollout(rollout_id)
    return rollout if rollout.ended_at is not None else None


def check(bed: WorkerBed, swarm: Lab, service: str, rollout_id: str) -> None:
    """One change, one message, its end, and the right image on every task."""
    rollout = eventually(lambda: ended(bed, rollout_id))
    assert rollout.state is RolloutState.COMPLETED, rollout.reason
    assert rollout.attempts == 1
    history = bed.store.history_by_name("default", service)
    assert history is not None
    assert [(e.found, e.mark) for e in history.value.entries] == [
        (True, Mark.UNKNOWN),
        (False, Mark.GOOD),
    ]

    def parents() -> list[Seen]:
        seen = bed.workspace.client.messages("#ops")
        return [m for m in seen if m.thread_ts in {None, m.ts} and rollout_id in repr(m.metadata)]

    rests_once(parents, "completed")
    shown = docker_cli(
        swarm, "service", "inspect", "-f", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", service
    )
    assert "httpd:v2@sha256:" in shown
    assert tasks(swarm, service) == [[shown, "Running"]] * 3


def tasks(swarm: Lab, service: str) -> list[list[str]]:
    """Return image and state of each task that is to run, by the docker CLI."""
    words = ("--no-trunc", "--filter", "desired-state=running")
    rows = docker_cli(
        swarm, "service", "ps", *words, "--format", "{{.Image}} {{.CurrentState}}", service
    )
    return [row.split()[:2] for row in rows.splitlines()]


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point_the_rollout_goes_on(
    point: str, bed: WorkerBed, swarm: Lab, service: str, tmp_path: Path
) -> None:
    counter = tmp_path / "visits"
    bed.start("supervise", WAGGLE_FAULT_AT=point, WAGGLE_FAULT_FILE=str(counter))
    rollout_id = bed.type(f"update --image {swarm.registry}/httpd:v2 {service}")
    check(bed, swarm, service, rollout_id)
    assert counter.stat().st_size >= 1, "the kill never happened"


@pytest.mark.parametrize("whom", ["steward", "rollouts", "supervisor", "redis"])
def test_a_process_killed_in_the_middle_is_no_loss(
    whom: str, bed: WorkerBed, swarm: Lab, service: str
) -> None:
    supervisor = bed.start("supervise")
    rollout_id = bed.type(f"update --image {swarm.registry}/httpd:v2 {service}")
    eventually(lambda: bed.rollout(rollout_id).state is RolloutState.PROGRESSING)
    if whom == "redis":
        victim = int(bed.redis.info("server")["process_id"])
    elif whom == "supervisor":
        victim = supervisor.pid
    else:
        victim = bed.child(supervisor.pid, whom)
    os.kill(victim, signal.SIGKILL)
    if whom == "supervisor":
        supervisor.wait()
        bed.start("supervise")
    check(bed, swarm, service, rollout_id)


def test_ready_means_workers_steward_and_engine(bed: WorkerBed, swarm: Lab) -> None:
    bed.start("supervise")
    all_there = {"queries": 1, "rollouts": 1, "steward": 1}
    eventually(lambda: bed.leases.beats().get("default", {}) == all_there)
