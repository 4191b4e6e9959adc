"""A swarm and a registry in memory, driven by a clock; rules as measured (tests/fakes/swarmkit)."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.observation import NetworkView, NodeView, ServiceView, TaskView, UpdateState
from bot.ports import (
    Clock,
    EngineRefusedError,
    EngineUnavailableError,
    LogFilter,
    LogLine,
    NotFoundError,
    OutOfSequenceError,
    RegistryUnavailableError,
    ResolvedImage,
)
from tests.fakes.swarmkit.echo import as_stored, check_ports
from tests.fakes.swarmkit.orchestrator import Orchestrator
from tests.fakes.swarmkit.state import Image, Network, Node, Service, Task, digest_of
from tests.fakes.swarmkit.tasks import World
from tests.fakes.swarmkit.timeline import Timeline
from tests.fakes.swarmkit.views import network_view, node_view, service_view, task_view

_KEPT_FAILURES = 5
_PLATFORM = {"Architecture": "amd64", "OS": "linux"}


class FakeSwarm:
    """Implements bot.ports.Swarm and bot.ports.ImageRegistry.

    Attributes:
        unavailable: every call raises EngineUnavailableError while set.
        registry_away: resolve_image and tags raise RegistryUnavailableError while set.
        writes: what took effect, as (verb, name), in order.
    """

    def __init__(self, clock: Clock, nodes: Sequence[str] = ("n1", "n2", "n3")) -> None:
        self._timeline = Timeline(clock)
        self.world = World(self._timeline)
        self._orchestrator = Orchestrator(self.world)
        self.unavailable = False
        self.registry_away = False
        self.writes: list[tuple[str, str]] = []
        self._lost: list[bool] = []
        for number, hostname in enumerate(nodes):
            self._add_node(hostname, first=number == 0)
        for name, driver, scope in (("ingress", "overlay", "swarm"), ("host", "host", "local")):
            self._add_network(
                Network(id="", name=name, driver=driver, scope=scope, ingress=name == "ingress")
            )

    # -- what a test can arrange

    def add_image(self, reference: str, **behaviour: Any) -> str:
        """Let the registry know `name:tag`; an `Image`'s attributes say how it behaves.

        Adding it again moves the tag (give another `digest`). Returns the digest.
        """
        digest = behaviour.pop("digest", None) or digest_of(reference)
        self.world.images[reference] = Image(digest=digest, **behaviour)
        # Containers keep starting by digest after the tag has moved.
        self.world.images[f"{reference}@{digest}"] = self.world.images[reference]
        return str(digest)

    def post_outside(self, name: str, edit: Callable[[Spec], None]) -> None:
        """Change a service as another tool would."""
        self._timeline.settle()
        found = self._service(name)
        spec = copy.deepcopy(found.spec)
        edit(spec)
        self._store(found, spec)

    def rollback_outside(self, name: str) -> None:
        """Do `docker service rollback`: the two specs change places (SwarmKit, controlapi)."""
        self._timeline.settle()
        found = self._service(name)
        assert found.previous is not None
        found.previous, found.spec = found.spec, found.previous
        found.update_state = UpdateState.ROLLBACK_STARTED
        found.update_message = "manually requested rollback"
        found.version, found.update_started = self.world.next_version(), self._timeline.now
        self._orchestrator.reconcile(found)

    def remove_outside(self, name: str) -> None:
        """Remove a service as another tool would."""
        self._timeline.settle()
        self._forget(self._service(name))

    def node_down(self, hostname: str) -> None:
        """Lose a node (Swarm has noticed)."""
        self._change_node(hostname, up=False)

    def node_up(self, hostname: str) -> None:
        """Get a lost node back."""
        self._change_node(hostname, up=True)

    def lose_next_reply(self, *, applied: bool = True) -> None:
        """Let the next write raise EngineUnavailableError, having taken effect or not."""
        self._lost.append(applied)

    # -- reads

    def service(self, ref: str) -> ServiceView:
        self._look()
        return service_view(self._service(ref))

    def services(self, ids: Sequence[str] | None = None) -> list[ServiceView]:
        self._look()
        found = self.world.services.values()
        return [service_view(s) for s in found if ids is None or s.id in ids]

    def tasks(
        self, service_ids: Sequence[str] | None = None, *, wanted: bool = True
    ) -> list[TaskView]:
        self._look()
        found = [
            task
            for task in self.world.tasks.values()
            if (service_ids is None or task.service_id in service_ids)
            and (not wanted or task.wanted or task.desired == "complete")
        ]
        return [self._task_view(task) for task in found]

    def failures(self, service_id: str) -> list[TaskView]:
        self._look()
        bad = [
            task
            for task in self.world.tasks.values()
            if task.service_id == service_id and task.state in ("failed", "rejected")
        ]
        newest = sorted(bad, key=lambda task: task.state_at, reverse=True)
        return [self._task_view(task) for task in newest[:_KEPT_FAILURES]]

    def nodes(self) -> list[NodeView]:
        self._look()
        return [node_view(node) for node in self.world.nodes.values()]

    def node(self, ref: str) -> NodeView:
        self._look()
        return node_view(self._node(ref))

    def networks(self) -> list[NetworkView]:
        self._look()
        return [network_view(network) for network in self.world.networks.values()]

    def service_logs(self, service_id: str, what: LogFilter) -> list[LogLine]:
        self._look()
        return self._logs(self.world.of(self._service(service_id)), what)

    def task_logs(self, task_id: str, what: LogFilter) -> list[LogLine]:
        self._look()
        if task_id not in self.world.tasks:
            raise NotFoundError("task", task_id)
        return self._logs([self.world.tasks[task_id]], what)

    def resolve_image(self, reference: str) -> ResolvedImage:
        self._look()
        if self.registry_away:
            raise RegistryUnavailableError("dial tcp: connect: connection refused")
        name = reference if _has_tag(reference) else f"{reference}:latest"
        image = self.world.image_of(name)
        if image is None:
            raise NotFoundError("image", reference)
        full = name if "@" in name else f"{name}@{image.digest}"
        return ResolvedImage(reference=full, digest=image.digest, platforms=(dict(_PLATFORM),))

    def tags(self, reference: str) -> list[str]:
        if self.registry_away:
            raise RegistryUnavailableError("the registry does not answer")
        repository = _repository(reference)
        known = [k for k in self.world.images if "@" not in k and _repository(k) == repository]
        if not known:
            raise NotFoundError("image", reference)
        # no order is promised: it is that of the registry's directories
        known.sort(key=lambda k: self.world.images[k].digest)
        return [k.rpartition(":")[2] for k in known]

    # -- writes

    def create_service(self, spec: Spec, *, with_registry_auth: bool = False) -> str:
        self._look()
        stored = as_stored(spec, self.world.networks.values())
        name = stored["Name"]
        if any(s.name == name for s in self.world.services.values()):
            raise EngineRefusedError(
                "rpc error: code = AlreadyExists desc = name conflicts with an existing object:"
                f" service {name} already exists"
            )
        check_ports(stored, self.world.services.values())
        made: str = self._write("create", name, lambda: self._add_service(stored))
        return made

    def update_service(
        self, service_id: str, version: int, spec: Spec, *, with_registry_auth: bool = False
    ) -> None:
        if "Placement" not in spec["TaskTemplate"]:
            raise ValueError("a posted TaskTemplate must have Placement (moby#37883)")
        self._look()
        found = self._service(service_id)
        stored = as_stored(spec, self.world.networks.values())
        if version != found.version:
            raise OutOfSequenceError("rpc error: code = Unknown desc = update out of sequence")
        if stored["Name"] != found.name:
            raise _unimplemented("renaming services is not supported")
        if set(stored["Mode"]) != set(found.spec["Mode"]):
            raise _unimplemented("service mode change is not allowed")
        check_ports(stored, self.world.services.values(), found.id)
        self._write("update", found.name, lambda: self._store(found, stored))

    def remove_service(self, service_id: str) -> None:
        self._look()
        found = self._service(service_id)
        self._write("remove", found.name, lambda: self._forget(found))

    def update_node(self, node_id: str, version: int, spec: JsonObject) -> None:
        self._look()
        node = self._node(node_id)
        if version != node.version:
            raise OutOfSequenceError("rpc error: code = Unknown desc = update out of sequence")
        if not spec.get("Role") or not spec.get("Availability"):
            raise EngineRefusedError('invalid Role: ""')
        changed = replace(
            node,
            labels=dict(spec.get("Labels") or {}),
            role=spec["Role"],
            availability=spec["Availability"],
            version=self.world.next_version(),
        )
        self._write("node_update", node.hostname, lambda: self._set_node(changed))

    def create_network(self, body: JsonObject) -> str:
        self._look()
        name = body["Name"]
        if any(n.name == name for n in self.world.networks.values()):
            raise EngineRefusedError(f"network with name {name} already exists")
        driver = body.get("Driver") or "bridge"
        made = Network(
            id="",
            name=name,
            driver=driver,
            scope="swarm" if driver == "overlay" else "local",
            attachable=bool(body.get("Attachable")),
            internal=bool(body.get("Internal")),
            labels=dict(body.get("Labels") or {}),
        )
        made_id: str = self._write("network_create", name, lambda: self._add_network(made))
        return made_id

    def remove_network(self, network_id: str) -> None:
        self._look()
        network = next(
            (n for n in self.world.networks.values() if network_id in (n.id, n.name)), None
        )
        if network is None:
            raise NotFoundError("network", network_id)
        user = next((s for s in self.world.services.values() if _uses(s, network)), None)
        if user is not None:
            raise EngineRefusedError(
                "rpc error: code = FailedPrecondition desc ="
                f" network {network.id} is in use by service {user.id}"
            )
        self._write("network_rm", network.name, lambda: self.world.networks.pop(network.id))

    # -- inside

    def _look(self) -> None:
        if self.unavailable:
            raise EngineUnavailableError("rpc error: The swarm does not have a leader")
        self._timeline.settle()

    def _write(self, verb: str, name: str, act: Callable[[], Any]) -> Any:
        applied = self._lost.pop(0) if self._lost else None
        if applied is False:
            raise EngineUnavailableError("the connection was lost")
        self.writes.append((verb, name))
        result = act()
        self._timeline.settle()
        if applied is True:
            raise EngineUnavailableError("the connection was lost")
        return result

    def _service(self, ref: str) -> Service:
        by_name = {found.name: found.id for found in self.world.services.values()}
        return self.world.services[_resolve("service", ref, by_name)]

    def _node(self, ref: str) -> Node:
        by_name = {found.hostname: found.id for found in self.world.nodes.values()}
        return self.world.nodes[_resolve("node", ref, by_name)]

    def _add_service(self, stored: Spec) -> str:
        now = self._timeline.now
        made = Service(
            id=self.world.new_id("service"),
            name=stored["Name"],
            version=self.world.next_version(),
            spec=stored,
            created=now,
            updated=now,
        )
        self.world.services[made.id] = made
        self._orchestrator.reconcile(made)
        return made.id

    def _store(self, found: Service, stored: Spec) -> None:
        changed = stored != found.spec
        found.previous, found.spec = found.spec, copy.deepcopy(stored)
        # Every post wipes the status, an equal one too.
        found.update_state, found.update_message = UpdateState.NONE, ""
        found.update_started = None
        found.version, found.updated = self.world.next_version(), self._timeline.now
        if changed:
            found.iteration = found.version if found.is_job else 0
        self._orchestrator.reconcile(found)

    def _forget(self, found: Service) -> None:
        self._orchestrator.forget(found)
        del self.world.services[found.id]

    def _add_node(self, hostname: str, *, first: bool) -> None:
        node = Node(
            id=self.world.new_id("node"),
            hostname=hostname,
            role="manager" if first else "worker",
            leader=first,
        )
        self.world.nodes[node.id] = node

    def _change_node(self, hostname: str, **what: Any) -> None:
        self._timeline.settle()
        self._set_node(replace(self._node(hostname), **what))

    def _set_node(self, node: Node) -> None:
        self.world.nodes[node.id] = node
        self._orchestrator.changed_node()

    def _add_network(self, network: Network) -> str:
        network.id = self.world.new_id("network")
        self.world.networks[network.id] = network
        return network.id

    def _task_view(self, task: Task) -> TaskView:
        service = self.world.services[task.service_id]
        return task_view(task, up_to_date=not self.world.dirty(service, task))

    def _logs(self, tasks: list[Task], what: LogFilter) -> list[LogLine]:
        lines = [
            LogLine(text=text, stream=stream, task_id=task.id, node_id=task.node_id, at=at)
            for task in tasks
            for at, stream, text in task.log
            if what.since is None or at >= what.since
        ]
        oldest = datetime.min.replace(tzinfo=self._timeline.now.tzinfo)
        return sorted(lines, key=lambda line: line.at or oldest)[-what.tail :]


def _resolve(kind: str, ref: str, ids: dict[str, str]) -> str:
    """Return the id for an id, a name or an unambiguous beginning of an id."""
    if ref in ids.values():
        return ref
    if ref in ids:
        return ids[ref]
    begins = [found for found in ids.values() if ref and found.startswith(ref)]
    if len(begins) != 1:
        raise NotFoundError(kind, ref)
    return begins[0]


def _uses(service: Service, network: Network) -> bool:
    return any(entry["Target"] == network.id for entry in service.template.get("Networks") or [])


def _unimplemented(words: str) -> EngineRefusedError:
    return EngineRefusedError(f"rpc error: code = Unimplemented desc = {words}")


def _has_tag(reference: str) -> bool:
    return "@" in reference or ":" in reference.rpartition("/")[2]


def _repository(reference: str) -> str:
    plain = reference.partition("@")[0]
    return plain.rpartition(":")[0] if _has_tag(plain) else plain
