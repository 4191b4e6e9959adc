"""What every swarm behind the port does, the one in memory and the real one alike."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.observation import UpdateState
from bot.domain.spec import loosely_equal
from bot.ports import (
    EngineRefusedError,
    LogFilter,
    NotFoundError,
    OutOfSequenceError,
    RegistryUnavailableError,
)
from playground.lab import Lab
from tests.contract.swarm_beds import FakeBed, RealBed, Trial, trial


class Contract:
    """The tests; the subclasses bring the swarm."""

    def test_a_service_is_found_by_name_and_by_id(self, lab: Trial) -> None:
        spec = lab.spec()
        made = lab.running(spec)
        assert lab.swarm.service(spec["Name"]) == lab.swarm.service(made)
        assert [s.id for s in lab.swarm.services([made, "x" * 25])] == [made]
        assert made in [s.id for s in lab.swarm.services()]
        assert lab.swarm.services([]) == []

    def test_what_is_stored_is_what_was_posted(self, lab: Trial) -> None:
        spec = lab.spec()
        live = lab.swarm.service(lab.create(spec))
        assert loosely_equal(live.spec, spec)
        assert live.update_state is UpdateState.NONE
        assert live.previous_spec is None

    @pytest.mark.parametrize("name", ["nobody-has-this", "a/b", "", "../info"])
    def test_unknown_names(self, lab: Trial, name: str) -> None:
        with pytest.raises(NotFoundError) as no_service:
            lab.swarm.service(name)
        assert (no_service.value.kind, no_service.value.ref) == ("service", name)
        with pytest.raises(NotFoundError) as no_node:
            lab.swarm.node(name)
        assert no_node.value.kind == "node"
        for call in (lab.swarm.remove_service, lab.swarm.remove_network):
            with pytest.raises(NotFoundError):
                call(name)

    def test_an_update_of_what_is_gone(self, lab: Trial) -> None:
        made = lab.create(lab.spec())
        live = lab.swarm.service(made)
        lab.swarm.remove_service(made)
        with pytest.raises(NotFoundError):
            lab.swarm.update_service(made, live.version, live.spec)
        assert lab.swarm.tasks([made]) == []

    def test_a_name_is_taken_once(self, lab: Trial) -> None:
        spec = lab.spec()
        lab.create(spec)
        with pytest.raises(EngineRefusedError, match="already exists"):
            lab.swarm.create_service(spec)

    def test_a_stale_version_loses(self, lab: Trial) -> None:
        made = lab.running(lab.spec())
        stale = lab.swarm.service(made)
        lab.edit(made, lambda spec: spec["Labels"].update(first="yes"))
        stale.spec["Labels"]["second"] = "yes"
        with pytest.raises(OutOfSequenceError):
            lab.swarm.update_service(made, stale.version, stale.spec)
        assert lab.swarm.service(made).spec["Labels"] == {"first": "yes"}

    def test_a_spec_without_placement_is_not_sent(self, lab: Trial) -> None:
        made = lab.running(lab.spec())
        live = lab.swarm.service(made)
        del live.spec["TaskTemplate"]["Placement"]
        with pytest.raises(ValueError, match="Placement"):
            lab.swarm.update_service(made, live.version, live.spec)
        assert lab.swarm.service(made).version == live.version

    @pytest.mark.parametrize(
        ("field", "value"), [("Name", "another-name"), ("Mode", {"Global": {}})]
    )
    def test_name_and_mode_stay(self, lab: Trial, field: str, value: Any) -> None:
        made = lab.running(lab.spec())
        with pytest.raises(EngineRefusedError, match=r"not (supported|allowed)"):
            lab.edit(made, lambda spec: spec.update({field: value}))

    def test_a_published_port_is_taken_once(self, lab: Trial) -> None:
        spec, other = lab.spec(replicas=0), lab.spec(replicas=0)
        for each in (spec, other):
            each["EndpointSpec"]["Ports"] = [{"TargetPort": 80, "PublishedPort": 18080}]
        lab.create(spec)
        with pytest.raises(EngineRefusedError, match="already in use by service"):
            lab.create(other)

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

    def test_the_log_of_a_failed_task(self, lab: Trial) -> None:
        made = lab.create(lab.spec("crash", replicas=1))
        failed = lab.bed.until(lambda: lab.swarm.failures(made))[0]
        words = "crash: no database at db:5432"
        line = lab.bed.until(lambda: lab.swarm.task_logs(failed.id, LogFilter(tail=5)))[-1]
        assert line.text == words
        assert line.at is not None
        of_all = lab.bed.until(lambda: lab.swarm.service_logs(made, LogFilter(tail=5)))
        assert {one.text for one in of_all} == {words}
        assert all(one.task_id and one.node_id for one in of_all)
        assert of_all == sorted(of_all, key=lambda one: str(one.at))
        with pytest.raises(NotFoundError):
            lab.swarm.task_logs("x" * 25, LogFilter())

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

    def test_failure_action_rollback_forgets_the_previous_spec(self, lab: Trial) -> None:
        spec = lab.spec()
        spec["UpdateConfig"] = lab.policy("rollback")
        made = lab.running(spec)
        lab.go_to(made, "crash")
        assert lab.until_state(made, "rollback_completed") == "rollback completed"
        after = lab.swarm.service(made)
        assert after.previous_spec is None
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

    def test_one_service_that_is_gone_does_not_hide_the_others(self, lab: Trial) -> None:
        made = lab.running(lab.spec(replicas=1))
        assert len(lab.swarm.tasks([made, "x" * 25, made])) == 1
        assert lab.swarm.tasks([]) == []
        assert made in {task.service_id for task in lab.swarm.tasks()}

    def test_networks(self, lab: Trial) -> None:
        name, made = lab.network(Attachable=True)
        found = {net.name: net for net in lab.swarm.networks()}
        assert (found[name].id, found[name].driver, found[name].scope) == (made, "overlay", "swarm")
        assert found[name].attachable
        assert found["ingress"].ingress
        with pytest.raises(EngineRefusedError, match="already exists"):
            lab.swarm.create_network({"Name": name, "Driver": "overlay"})
        service = lab.create(lab.spec(replicas=0, Networks=[{"Target": name}]))
        attached = lab.swarm.service(service).spec["TaskTemplate"]["Networks"]
        assert [net["Target"] for net in attached] == [made]
        with pytest.raises(EngineRefusedError, match="is in use by service"):
            lab.swarm.remove_network(made)

    def test_an_unknown_network_is_refused(self, lab: Trial) -> None:
        with pytest.raises(EngineRefusedError, match="network nowhere not found"):
            lab.create(lab.spec(Networks=[{"Target": "nowhere"}]))

    def test_a_tag_resolves_to_a_digest(self, lab: Trial) -> None:
        image = lab.bed.image("v1")
        found = lab.swarm.resolve_image(image)
        assert found.reference == f"{image}@{found.digest}"
        assert found.digest.startswith("sha256:")
        assert found.platforms[0]["OS"] == "linux"
        assert lab.swarm.resolve_image(found.reference) == found
        bare = image.rpartition(":")[0]
        assert lab.swarm.resolve_image(bare).reference.startswith(f"{bare}:latest@sha256:")

    def test_an_unknown_tag_and_the_known_ones(self, lab: Trial) -> None:
        with pytest.raises(NotFoundError) as unknown:
            lab.swarm.resolve_image(lab.bed.image("v9"))
        assert unknown.value.kind == "image"
        assert {"v1", "v2", "crash", "latest"} <= set(lab.bed.registry.tags(lab.bed.image("v9")))
        with pytest.raises(NotFoundError):
            lab.bed.registry.tags(lab.bed.image("v1").replace("/httpd", "/nothing-here"))

    def test_a_registry_that_is_away(self, lab: Trial) -> None:
        image = lab.bed.silent_image()
        with pytest.raises(RegistryUnavailableError):
            lab.swarm.resolve_image(image)
        with pytest.raises(RegistryUnavailableError):
            lab.bed.registry.tags(image)


class TestFakeSwarm(Contract):
    @pytest.fixture
    def lab(self) -> Iterator[Trial]:
        yield from trial(FakeBed())


class TestDockerSwarm(Contract):
    @pytest.fixture
    def lab(self, swarm: Lab) -> Iterator[Trial]:
        yield from trial(RealBed(swarm))
