"""How jobs run and run again: in memory, simulated and on the real swarm alike."""

from typing import Any

import pytest

from bot.domain.jsontypes import Spec
from bot.domain.observation import UpdateState
from tests.contract.swarm_beds import OnDocker, OnFake, OnSimulator, Trial


def _job(lab: Trial, mode: dict[str, Any]) -> Spec:
    spec = lab.spec(RestartPolicy={"Condition": "none"})
    spec["TaskTemplate"]["ContainerSpec"]["Command"] = ["true"]
    spec["Mode"] = mode
    del spec["UpdateConfig"], spec["RollbackConfig"]
    return spec


def _where(lab: Trial, service_id: str) -> list[str]:
    names = {node.id: node.hostname for node in lab.swarm.nodes()}
    return sorted(names[task.node_id] for task in lab.swarm.tasks([service_id]))


def _until_done(lab: Trial, service_id: str, iteration: int, count: int) -> None:
    """Wait until so many tasks are there, of this iteration, and complete."""

    def done() -> bool:
        tasks = lab.swarm.tasks([service_id])
        seen = [(task.job_iteration, task.state) for task in tasks]
        return seen == [(iteration, "complete")] * count

    lab.bed.until(done)


class Contract:
    """The tests; the subclasses bring the swarm."""

    @pytest.mark.parametrize(
        ("mode", "count"),
        [
            ({"GlobalJob": {}}, 3),
            ({"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 2}}, 2),
        ],
        ids=["global", "replicated"],
    )
    def test_whatever_is_posted_runs_a_job_again(
        self, lab: Trial, mode: dict[str, Any], count: int
    ) -> None:
        made = lab.create(_job(lab, mode))
        _until_done(lab, made, 0, count)
        first = {task.id for task in lab.swarm.tasks([made])}
        lab.edit(made, lambda spec: spec["TaskTemplate"].update(ForceUpdate=1))
        _until_done(lab, made, 1, count)
        everything = {task.id for task in lab.swarm.tasks([made], wanted=False)}
        assert (first & everything) == (set() if "GlobalJob" in mode else first), "remembered"
        lab.edit(made, lambda spec: spec["Labels"].update(team="shop"))
        _until_done(lab, made, 2, count)
        lab.edit(made, lambda spec: None)
        _until_done(lab, made, 3, count)
        assert lab.swarm.service(made).update_state is UpdateState.NONE

    def test_a_global_job_runs_once_on_each_node(self, lab: Trial) -> None:
        made = lab.create(_job(lab, {"GlobalJob": {}}))
        _until_done(lab, made, 0, 3)
        assert _where(lab, made) == ["n1", "n2", "n3"]
        assert {task.slot for task in lab.swarm.tasks([made])} == {0}

    @pytest.mark.parametrize("word", ["drain", "pause"])
    def test_a_global_job_passes_over_a_node_until_its_next_post(
        self, lab: Trial, word: str
    ) -> None:
        lab.make_available("n3", word)
        made = lab.create(_job(lab, {"GlobalJob": {}}))
        _until_done(lab, made, 0, 2)
        assert _where(lab, made) == ["n1", "n2"]
        lab.make_available("n3", "active")
        other = lab.running(lab.spec(replicas=None))  # the swarm has taken it in
        assert _where(lab, other) == ["n1", "n2", "n3"]
        assert _where(lab, made) == ["n1", "n2"]
        lab.edit(made, lambda spec: spec["Labels"].update(team="shop"))
        _until_done(lab, made, 1, 3)
        assert _where(lab, made) == ["n1", "n2", "n3"]


class TestFakeSwarm(OnFake, Contract):
    pass


class TestSimulatedSwarm(OnSimulator, Contract):
    pass


class TestDockerSwarm(OnDocker, Contract):
    pass
