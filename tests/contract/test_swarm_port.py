"""What every swarm behind the port does, the one in memory and the real one alike."""

from datetime import timedelta
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
from tests.contract.swarm_beds import SECOND, OnDocker, OnFake, OnSimulator, Trial


def _driver(lab: Trial, name: str) -> str:
    return next(net.driver for net in lab.swarm.networks() if net.name == name)


class Contract:
    """The tests; the subclasses bring the swarm."""

    def test_a_service_is_found_by_name_and_by_id(self, lab: Trial) -> None:
        spec = lab.spec()
        made = lab.running(spec)
        assert lab.swarm.service(spec["Name"]) == lab.swarm.service(made)
        assert lab.swarm.service(made[:12]).id == made
        node = lab.swarm.node("n1")
        assert lab.swarm.node(node.id[:12]) == lab.swarm.node(node.id) == node
        assert node.os == "linux"
        assert node.arch in {"x86_64", "aarch64", "armv7l"}
        assert node.engine_labels == {}
        assert [s.id for s in lab.swarm.services([made, "x" * 25])] == [made]
        assert made in [s.id for s in lab.swarm.services()]
        assert lab.swarm.services([]) == []

    def test_a_node_says_what_it_has(self, lab: Trial) -> None:
        for node in lab.swarm.nodes():
            assert node.cpus is not None
            assert node.cpus >= SECOND
            assert node.cpus % SECOND == 0
            assert node.memory is not None
            assert node.memory > 2**28
            assert node.raw["ID"] == node.id
            assert node.raw["Spec"] == node.spec
            assert node.raw["Description"]["Hostname"] == node.hostname
            assert node.raw["Status"]["State"] == node.status
            assert ("ManagerStatus" in node.raw) == (node.role == "manager")

    def test_a_node_that_is_up_or_a_manager_is_not_removed(self, lab: Trial) -> None:
        worker, manager = (lab.swarm.node(name) for name in ("n3", "n1"))
        with pytest.raises(EngineRefusedError, match="is not down and can't be removed"):
            lab.swarm.remove_node(worker.id)
        with pytest.raises(EngineRefusedError, match="must be demoted to worker before removal"):
            lab.swarm.remove_node(manager.id, force=True)
        with pytest.raises(NotFoundError):
            lab.swarm.remove_node("x" * 25, force=True)
        assert {"n1", "n3"} <= {node.hostname for node in lab.swarm.nodes()}

    def test_the_engines_own_node_is_a_manager(self, lab: Trial) -> None:
        own = lab.swarm.node(lab.swarm.own_node())
        assert (own.hostname, own.role) == ("n1", "manager")

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

    def test_one_service_that_is_gone_does_not_hide_the_others(self, lab: Trial) -> None:
        made = lab.running(lab.spec(replicas=1))
        assert len(lab.swarm.tasks([made, "x" * 25, made])) == 1
        assert lab.swarm.tasks([]) == []
        assert made in {task.service_id for task in lab.swarm.tasks()}

    def test_networks(self, lab: Trial) -> None:
        name, made = lab.network(Attachable=True, Labels={"env": "prod"})
        found = {net.name: net for net in lab.swarm.networks()}
        assert (found[name].id, found[name].scope, found[name].attachable) == (made, "swarm", True)
        assert found[name].labels == {"env": "prod"}
        assert found["ingress"].ingress
        # the driver is known a moment later
        assert lab.bed.until(lambda: _driver(lab, name)) == "overlay"
        with pytest.raises(EngineRefusedError, match="already exists"):
            lab.swarm.create_network({"Name": name, "Driver": "overlay"})
        service = lab.create(lab.spec(replicas=0, Networks=[{"Target": name}]))
        attached = lab.swarm.service(service).spec["TaskTemplate"]["Networks"]
        assert [net["Target"] for net in attached] == [made]
        with pytest.raises(EngineRefusedError, match="is in use by service"):
            lab.swarm.remove_network(made)

    @pytest.mark.parametrize("kind", ["secret", "config"])
    def test_what_services_are_shown_by_name(self, lab: Trial, kind: str) -> None:
        name, other = lab.name(), lab.name()
        made, too = lab.bed.keep(kind, name), lab.bed.keep(kind, f"{name}-{other}")
        read = lab.swarm.secrets if kind == "secret" else lab.swarm.configs
        (found,) = read([name, "nobody-has-this"])  # that name, and none that begins so
        assert (found.id, found.name, found.labels) == (made, name, {})
        assert found.created_at is not None
        assert "hunter2" not in repr(found)
        assert {made, too} <= {piece.id for piece in read()}
        assert read([]) == []
        title = kind.title()
        file = {"Name": "/f", "UID": "0", "GID": "0", "Mode": 0o444}
        spec = lab.spec(replicas=0)
        entry = {"File": file, f"{title}ID": made, f"{title}Name": name}
        spec["TaskTemplate"]["ContainerSpec"][f"{title}s"] = [entry]
        assert loosely_equal(lab.swarm.service(lab.create(spec)).spec, spec)

    def test_a_config_that_only_the_engine_reads_is_told_from_a_file(self, lab: Trial) -> None:
        name = lab.name()
        made = lab.bed.keep("config", name)
        spec = lab.spec(replicas=0)
        entry = {"Runtime": {}, "ConfigID": made, "ConfigName": name}
        spec["TaskTemplate"]["ContainerSpec"]["Configs"] = [entry]
        live = lab.swarm.service(lab.create(spec)).spec
        assert live["TaskTemplate"]["ContainerSpec"]["Configs"] == [entry]

    def test_the_version_of_the_api_is_a_number(self, lab: Trial) -> None:
        major, minor = map(int, lab.swarm.api_version().split("."))
        assert (major, minor) >= (1, 41)

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
        assert {"v1", "v2", "crash", "latest"} <= set(
            lab.bed.registry.tags(lab.bed.image("v9")).names
        )
        assert not lab.bed.registry.tags(lab.bed.image("v9")).is_cut
        with pytest.raises(NotFoundError):
            lab.bed.registry.tags(lab.bed.image("v1").replace("/httpd", "/nothing-here"))

    def test_what_tags_are_now(self, lab: Trial) -> None:
        look, image = lab.bed.registry.look, lab.bed.image("v1")
        found = look(image, ["v2", "no-such-tag", "v1"])
        assert [tag.name for tag in found] == ["v2", "v1"]
        for tag in found:
            assert tag.digest == lab.swarm.resolve_image(lab.bed.image(tag.name)).digest
            assert (tag.size or 0) > 100_000
            assert tag.created_at is not None
            assert tag.created_at.utcoffset() == timedelta()
            assert tag.created_at.year >= 2024
        assert look(image, []) == []
        with pytest.raises(NotFoundError):
            look(image.replace("/httpd", "/nothing-here"), ["v1"])

    def test_a_registry_that_is_away(self, lab: Trial) -> None:
        image = lab.bed.silent_image()
        with pytest.raises(RegistryUnavailableError):
            lab.bed.registry.look(image, ["v1"])
        with pytest.raises(RegistryUnavailableError):
            lab.swarm.resolve_image(image)
        with pytest.raises(RegistryUnavailableError):
            lab.bed.registry.tags(image)


class TestFakeSwarm(OnFake, Contract):
    pass


class TestSimulatedSwarm(OnSimulator, Contract):
    pass


class TestDockerSwarm(OnDocker, Contract):
    pass
