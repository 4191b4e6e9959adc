"""What becomes of tasks when nodes are drained, paused, lost: on all three swarms alike."""

from bot.domain.observation import UpdateState
from tests.contract.swarm_beds import OnDocker, OnFake, OnSimulator, Trial


def _where(lab: Trial, service_id: str) -> list[str]:
    """Return the hostnames of a service's wanted tasks, sorted."""
    names = {node.id: node.hostname for node in lab.swarm.nodes()}
    return sorted(names.get(t.node_id, "nowhere") for t in lab.swarm.tasks([service_id]))


class Contract:
    """The tests; the subclasses bring the swarm."""

    def test_a_drained_node_is_left_and_not_returned_to(self, lab: Trial) -> None:
        made = lab.running(lab.spec(replicas=3))
        everywhere = lab.running(lab.spec(replicas=None))
        assert _where(lab, made) == ["n1", "n2", "n3"]
        stay = {task.id for task in lab.swarm.tasks([made]) if _on(lab, "n3") != task.node_id}
        lab.make_available("n3", "drain")
        lab.bed.until(lambda: "n3" not in _where(lab, made) + _where(lab, everywhere))
        lab.until_tasks(made, lambda states: states == ["running"] * 3)
        lab.until_tasks(everywhere, lambda states: states == ["running"] * 2)
        assert stay < {task.id for task in lab.swarm.tasks([made])}
        assert lab.swarm.failures(made) == []
        assert lab.swarm.service(made).update_state is UpdateState.NONE
        lab.go_to(made, "v2")
        lab.until_tasks(made, lambda states: states == ["running"] * 3)
        lab.until_state(made, "completed")
        assert "n3" not in _where(lab, made)
        lab.make_available("n3", "active")
        lab.until_tasks(everywhere, lambda states: states == ["running"] * 3)
        assert "n3" not in _where(lab, made), "what runs is not moved back"

    def test_a_paused_node_keeps_what_it_has_and_gets_nothing(self, lab: Trial) -> None:
        made = lab.running(lab.spec(replicas=3))
        before = {task.id for task in lab.swarm.tasks([made])}
        lab.make_available("n3", "pause")
        lab.edit(made, lambda spec: spec["Mode"]["Replicated"].update(Replicas=6))
        lab.until_tasks(made, lambda states: states == ["running"] * 6)
        assert _where(lab, made).count("n3") == 1
        assert before < {task.id for task in lab.swarm.tasks([made])}
        lab.go_to(made, "v2")
        lab.until_tasks(made, lambda states: states == ["running"] * 6)
        assert "n3" not in _where(lab, made)

    def test_a_global_service_is_not_updated_on_a_paused_node(self, lab: Trial) -> None:
        made = lab.running(lab.spec(replicas=None))
        third = next(t.id for t in lab.swarm.tasks([made]) if t.node_id == _on(lab, "n3"))
        lab.make_available("n3", "pause")
        lab.go_to(made, "v2")
        assert lab.until_state(made, "completed") == "update completed"
        tags = {t.id: t.image.partition("@")[0].rpartition(":")[2] for t in lab.swarm.tasks([made])}
        assert sorted(tags.values()) == ["v1", "v2", "v2"]
        assert tags[third] == "v1"
        lab.make_available("n3", "active")
        lab.until_tasks(made, lambda states: states == ["running"] * 3)
        assert third not in {task.id for task in lab.swarm.tasks([made])}

    def test_a_global_service_begins_on_a_paused_node_when_that_is_active(self, lab: Trial) -> None:
        lab.make_available("n3", "pause")
        made = lab.create(lab.spec(replicas=None))
        lab.until_tasks(made, lambda states: states == ["running"] * 2)
        assert _where(lab, made) == ["n1", "n2"]
        lab.make_available("n3", "active")
        lab.until_tasks(made, lambda states: states == ["running"] * 3)

    def test_a_lost_node_loses_no_replica(self, lab: Trial) -> None:
        made = lab.running(lab.spec(replicas=3))
        everywhere = lab.running(lab.spec(replicas=None))
        gone = {t.id for t in lab.swarm.tasks([made]) if t.node_id == _on(lab, "n3")}
        lab.lose(3)
        lab.bed.until(lambda: "n3" not in _where(lab, made) + _where(lab, everywhere))
        lab.until_tasks(made, lambda states: states == ["running"] * 3)
        lab.until_tasks(everywhere, lambda states: states == ["running"] * 2)
        left = {t.id: t for t in lab.swarm.tasks([made], wanted=False) if t.id in gone}
        assert {(t.desired, t.state) for t in left.values()} == {("shutdown", "running")}
        lab.go_to(made, "v2")
        lab.until_tasks(made, lambda states: states == ["running"] * 3)
        lab.until_state(made, "completed")
        lab.find_again(3)
        lab.until_tasks(everywhere, lambda states: states == ["running"] * 3)

        def heard_of() -> bool:
            tasks = lab.swarm.tasks([made], wanted=False)
            return all(t.state != "running" for t in tasks if t.id in gone)

        lab.bed.until(heard_of)
        assert "n3" not in _where(lab, made)

    def test_an_update_waits_for_a_node_that_is_lost_under_it(self, lab: Trial) -> None:
        """Stop-first waits for the old task's end, which nobody tells while the node is away."""
        spec = lab.spec(replicas=1, Placement={"Constraints": ["node.hostname==n3"]})
        made = lab.running(spec)
        lab.lose(3)
        words = (
            "no suitable node (scheduling constraints not satisfied on 2 nodes; "
            "1 node not available for new tasks)"
        )
        lab.bed.until(lambda: [t.error for t in lab.swarm.tasks([made])] == [words])
        lab.go_to(made, "v2")
        lab.bed.until(lambda: [":v2@" in t.image for t in lab.swarm.tasks([made])] == [True])
        assert lab.swarm.service(made).update_state is UpdateState.UPDATING
        lab.find_again(3)
        lab.until_tasks(made, lambda states: states == ["running"])
        lab.until_state(made, "completed")


def _on(lab: Trial, hostname: str) -> str:
    return lab.swarm.node(hostname).id


class TestFakeSwarm(OnFake, Contract):
    pass


class TestSimulatedSwarm(OnSimulator, Contract):
    pass


class TestDockerSwarm(OnDocker, Contract):
    pass
