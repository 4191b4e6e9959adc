"""How tasks come, are replaced and fail: the one in memory and the real swarm alike."""

from typing import Any

import pytest

from bot.domain.convergence.wanted import wanted_of
from bot.domain.observation import UpdateState
from bot.ports import (
    OutOfSequenceError,
)
from tests.contract.swarm_beds import SECOND, OnDocker, OnFake, OnSimulator, Trial


class Contract:
    """The tests; the subclasses bring the swarm."""

    def test_an_update_goes_slot_by_slot_and_completes(self, lab: Trial) -> None:
        made = lab.running(lab.spec())
        before = {task.id for task in lab.swarm.tasks([made])}
        lab.go_to(made, "v2")
        assert lab.until_state(made, "updating") == "update in progress"
        lab.until_tasks(made, lambda states: states == ["running", "running"])
        assert lab.until_state(made, "completed") == "update completed"
        tasks = lab.swarm.tasks([made])
        assert {task.slot for task in tasks} == {1, 2}
        assert not before & {task.id for task in tasks}
        assert all(":v2@sha256:" in task.image for task in tasks)
        previous = lab.swarm.service(made).previous_spec
        assert previous is not None
        assert ":v1@" in previous["TaskTemplate"]["ContainerSpec"]["Image"]
        everything = lab.swarm.tasks([made], wanted=False)
        assert before <= {task.id for task in everything}
        assert {task.id for task in wanted_of(everything)} == {task.id for task in tasks}
        assert all(task.up_to_date == (task.id not in before) for task in everything)

    def test_a_crashing_image_pauses_and_says_why(self, lab: Trial) -> None:
        made = lab.running(lab.spec(replicas=4))
        lab.go_to(made, "crash")
        words = lab.until_state(made, "paused")
        assert words.startswith("update paused due to failure or early termination of task ")
        failed = lab.swarm.failures(made)[0]
        assert (failed.state, failed.exit_code) == ("failed", 1)
        assert failed.error == "task: non-zero exit (1)"
        assert failed.node_id in {node.id for node in lab.swarm.nodes()}
        # It ran for 0.2 s, so a second slot may have been taken before the failure was seen.
        old = [task for task in lab.swarm.tasks([made]) if ":v1@" in task.image]
        assert {task.state for task in old} == {"running"}
        assert len(old) in (2, 3)

    def test_going_back_after_a_pause_keeps_the_healthy(self, lab: Trial) -> None:
        made = lab.running(lab.spec(replicas=3))
        lab.go_to(made, "crash")
        lab.until_state(made, "paused")
        healthy = {task.id for task in lab.swarm.tasks([made]) if task.state == "running"}
        healthy &= {task.id for task in lab.swarm.tasks([made]) if ":v1@" in task.image}
        lab.go_to(made, "v1")
        lab.until_tasks(made, lambda states: states == ["running"] * 3)
        assert healthy <= {task.id for task in lab.swarm.tasks([made])}
        lab.until_state(made, "completed")

    def test_any_post_resumes_a_paused_update(self, lab: Trial) -> None:
        made = lab.running(lab.spec(replicas=4))
        lab.go_to(made, "crash")
        lab.until_state(made, "paused")
        old = sum(":v1@" in task.image for task in lab.swarm.tasks([made]))
        lab.edit(made, lambda spec: spec["Labels"].update(attempt="2"))
        lab.until_state(made, "paused")
        assert sum(":v1@" in task.image for task in lab.swarm.tasks([made])) < old

    def test_a_long_delay_holds_and_a_shorter_one_goes_on(self, lab: Trial) -> None:
        spec = lab.spec(replicas=4)
        spec["UpdateConfig"]["Delay"] = 3600 * SECOND
        made = lab.running(spec)
        lab.go_to(made, "v2")

        def updated() -> set[str]:
            tasks = lab.swarm.tasks([made])
            return {t.id for t in tasks if t.up_to_date and t.state == "running"}

        first = lab.bed.until(updated)
        lab.edit(made, lambda spec: spec["UpdateConfig"].update(Delay=0, Parallelism=0))
        lab.until_tasks(made, lambda states: states == ["running"] * 4)
        assert first < updated()

    def test_start_first_keeps_the_old_until_the_new_runs(self, lab: Trial) -> None:
        spec = lab.spec(replicas=1)
        spec["UpdateConfig"]["Order"] = "start-first"
        made = lab.running(spec)
        old = lab.swarm.tasks([made])[0].id
        lab.go_to(made, "health")

        def states() -> dict[bool, str]:
            return {t.id == old: t.state for t in lab.swarm.tasks([made])}

        lab.bed.until(lambda: states() == {True: "running", False: "starting"})
        lab.until_tasks(made, lambda states: states == ["running"])

    def test_a_node_that_loses_its_label_loses_the_task(self, lab: Trial) -> None:
        key = lab.name()
        node = lab.swarm.node("n3")
        labelled = {**node.spec, "Labels": {**node.labels, key: "yes"}}
        lab.swarm.update_node(node.id, node.version, labelled)
        place = {"Constraints": [f"node.labels.{key}==yes"]}
        made = lab.running(lab.spec(replicas=1, Placement=place))
        lab.swarm.update_node(node.id, lab.swarm.node("n3").version, node.spec)
        lab.until_tasks(made, lambda states: states == ["pending"])
        rejected = lab.bed.until(lambda: lab.swarm.failures(made))[0]
        assert (rejected.state, rejected.exit_code) == ("rejected", None)
        assert "no longer meets constraints" in rejected.error

    def test_failure_action_rollback_forgets_the_previous_spec(self, lab: Trial) -> None:
        spec = lab.spec()
        spec["UpdateConfig"] = lab.policy("rollback", watched=20)
        made = lab.running(spec)
        lab.go_to(made, "crash")
        started = lab.bed.until(lambda: lab.swarm.service(made).update_started_at)
        assert lab.until_state(made, "rollback_completed") == "rollback completed"
        after = lab.swarm.service(made)
        assert after.previous_spec is None
        assert after.update_started_at == started, "it is still that update"
        assert ":v1@" in after.spec["TaskTemplate"]["ContainerSpec"]["Image"]
        lab.until_tasks(made, lambda states: states == ["running", "running"])

    def test_an_equal_post_wipes_the_status_and_replaces_nothing(self, lab: Trial) -> None:
        made = lab.running(lab.spec())
        lab.go_to(made, "v2")
        lab.until_state(made, "completed")
        before = {task.id for task in lab.swarm.tasks([made])}
        lab.edit(made, lambda spec: None)
        after = lab.swarm.service(made)
        assert after.update_state is UpdateState.NONE
        assert after.update_started_at is None
        assert after.previous_spec == after.spec
        assert {task.id for task in lab.swarm.tasks([made])} == before

    def test_labels_policies_and_scale_keep_the_tasks(self, lab: Trial) -> None:
        made = lab.running(lab.spec())
        before = {task.id for task in lab.swarm.tasks([made])}

        def edit(spec: dict[str, Any]) -> None:
            spec["Labels"]["team"] = "shop"
            spec["UpdateConfig"]["Parallelism"] = 2
            spec["Mode"]["Replicated"]["Replicas"] = 3

        lab.edit(made, edit)
        lab.until_tasks(made, lambda states: states == ["running"] * 3)
        assert before < {task.id for task in lab.swarm.tasks([made])}
        assert lab.swarm.service(made).update_state is UpdateState.NONE
        lab.edit(made, lambda spec: spec["Mode"]["Replicated"].update(Replicas=1))
        lab.until_tasks(made, lambda states: states == ["running"])

    def test_an_unhealthy_image_never_runs(self, lab: Trial) -> None:
        made = lab.create(lab.spec("unhealthy", replicas=1))
        lab.bed.until(lambda: [t.state for t in lab.swarm.tasks([made])] == ["starting"])
        failed = lab.bed.until(lambda: lab.swarm.failures(made))[0]
        assert failed.error.endswith("unhealthy container")

    def test_a_healthy_image_is_starting_first(self, lab: Trial) -> None:
        made = lab.create(lab.spec("health", replicas=1))
        lab.bed.until(lambda: [t.state for t in lab.swarm.tasks([made])] == ["starting"])
        lab.until_tasks(made, lambda states: states == ["running"])

    def test_nowhere_to_run_until_a_node_gets_the_label(self, lab: Trial) -> None:
        key = lab.name()
        made = lab.create(
            lab.spec(replicas=1, Placement={"Constraints": [f"node.labels.{key}==yes"]})
        )
        words = "no suitable node (scheduling constraints not satisfied on 3 nodes)"
        lab.bed.until(lambda: [t.error for t in lab.swarm.tasks([made])] == [words])
        assert [t.state for t in lab.swarm.tasks([made])] == ["pending"]
        node = lab.swarm.node("n2")
        labelled = {**node.spec, "Labels": {**node.labels, key: "yes"}}
        lab.swarm.update_node(node.id, node.version, labelled)
        lab.until_tasks(made, lambda states: states == ["running"])
        assert lab.swarm.tasks([made])[0].node_id == node.id
        with pytest.raises(OutOfSequenceError):
            lab.swarm.update_node(node.id, node.version, node.spec)
        now = lab.swarm.node(node.id)
        assert now.labels[key] == "yes"
        assert (now.role, now.availability, now.status) == ("worker", "active", "ready")
        lab.swarm.update_node(node.id, now.version, node.spec)

    def test_a_global_service_runs_on_each_node(self, lab: Trial) -> None:
        made = lab.running(lab.spec(replicas=None))
        tasks = lab.swarm.tasks([made])
        nodes = {node.id: node.hostname for node in lab.swarm.nodes()}
        assert sorted(nodes[task.node_id] for task in tasks) == ["n1", "n2", "n3"]
        assert {task.slot for task in tasks} == {0}
        lab.go_to(made, "v2")
        lab.until_tasks(made, lambda states: states == ["running"] * 3)

    def test_a_job_completes(self, lab: Trial) -> None:
        spec = lab.spec("v1", RestartPolicy={"Condition": "none"})
        spec["TaskTemplate"]["ContainerSpec"]["Command"] = ["true"]
        spec["Mode"] = {"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 2}}
        del spec["UpdateConfig"], spec["RollbackConfig"]
        made = lab.create(spec)
        lab.until_tasks(made, lambda states: states == ["complete", "complete"])
        assert {task.job_iteration for task in lab.swarm.tasks([made])} == {0}

    def test_a_job_runs_no_more_at_once_than_it_may(self, lab: Trial) -> None:
        spec = lab.spec("v1", RestartPolicy={"Condition": "none"})
        spec["TaskTemplate"]["ContainerSpec"]["Command"] = ["true"]
        spec["Mode"] = {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 3}}
        del spec["UpdateConfig"], spec["RollbackConfig"]
        made = lab.create(spec)
        most = 0

        def done() -> bool:
            nonlocal most
            states = [task.state for task in lab.swarm.tasks([made])]
            most = max(most, sum(state != "complete" for state in states))
            return states == ["complete"] * 3

        lab.bed.until(done)
        assert most == 1

    def test_nowhere_is_enough_to_reserve(self, lab: Trial) -> None:
        huge = {"Reservations": {"NanoCPUs": 10_000 * SECOND}}
        made = lab.create(lab.spec(replicas=1, Resources=huge))
        words = "no suitable node (insufficient resources on 3 nodes)"
        lab.bed.until(lambda: [t.error for t in lab.swarm.tasks([made])] == [words])

    def test_nowhere_is_a_generic_resource_to_reserve(self, lab: Trial) -> None:
        gpu = [{"DiscreteResourceSpec": {"Kind": "GPU", "Value": 1}}]
        made = lab.create(
            lab.spec(replicas=1, Resources={"Reservations": {"GenericResources": gpu}})
        )
        words = "no suitable node (insufficient resources on 3 nodes)"
        lab.bed.until(lambda: [t.error for t in lab.swarm.tasks([made])] == [words])
        assert [node.generic for node in lab.swarm.nodes()] == [{}] * 3

    def test_a_node_takes_no_more_replicas_than_it_may(self, lab: Trial) -> None:
        made = lab.create(lab.spec(replicas=4, Placement={"MaxReplicas": 1}))
        words = "no suitable node (max replicas per node limit exceed)"

        def waits() -> bool:
            tasks = lab.swarm.tasks([made])
            running = sorted(t.node_id for t in tasks if t.state == "running")
            three = len(running) == len(set(running)) == 3
            return three and [t.error for t in tasks if t.state == "pending"] == [words]

        lab.bed.until(waits)


class TestFakeSwarm(OnFake, Contract):
    pass


class TestSimulatedSwarm(OnSimulator, Contract):
    pass


class TestDockerSwarm(OnDocker, Contract):
    pass
