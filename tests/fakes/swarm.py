"""The port over a simulated swarm (playground/simulator/model) in the same process."""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.observation import NetworkView, NodeView, PieceView, ServiceView, TagView, TaskView
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
    TagNames,
)
from playground.simulator.model.catalog import has_tag, repository_of
from playground.simulator.model.fields import FUTURE
from playground.simulator.model.refusals import RefusedError
from playground.simulator.model.simulation import Simulation
from playground.simulator.model.state import Task
from playground.simulator.model.tasks import World
from playground.simulator.model.vault import Vault
from tests.fakes.swarm_views import network_view, node_view, piece_view, service_view, task_view

_KEPT_FAILURES = 5
_PLATFORM = {"Architecture": "amd64", "OS": "linux"}
_NOT_FOUND = 404
_PREDEFINED = ("bridge", "host", "none")


class FakeSwarm:
    """Implements bot.ports.Swarm and bot.ports.ImageRegistry.

    Its engine is newer than Waggle: specs keep fields that Waggle does not know.

    Attributes:
        unavailable: every call raises EngineUnavailableError while set.
        replaying: its manager has just come back, and plays its log: it does not know of what there
            is yet, and takes no writes.
        speaks: the version of the API that it says it speaks.
        most_tags: how many tags of a repository are read at most.
        listings: how often services were listed.
        writes: what took effect, as (verb, name), in order.
    """

    def __init__(self, clock: Clock, nodes: Sequence[str] = ("n1", "n2", "n3")) -> None:
        self._simulation = Simulation(clock, nodes)
        self.unavailable = False
        self.replaying = False
        self.speaks = "1.41"
        self.most_tags = 10_000
        self.listings = 0
        self.writes: list[tuple[str, str]] = []
        self._lost: list[bool] = []

    @property
    def world(self) -> World:
        """What is simulated."""
        return self._simulation.world

    @property
    def registry_away(self) -> bool:
        """resolve_image and tags raise RegistryUnavailableError while set."""
        return self._simulation.images.away

    @registry_away.setter
    def registry_away(self, away: bool) -> None:
        self._simulation.images.away = away

    # -- what a test can arrange

    def add_image(self, reference: str, **behaviour: Any) -> str:
        """Let the registry know `name:tag`; an `Image`'s attributes say how it behaves.

        Adding it again moves the tag (give another `digest`). Returns the digest.
        """
        return self._simulation.images.add(reference, **behaviour)

    def add_secret(self, name: str, **labels: str) -> str:
        """Let there be a secret. Returns its id."""
        return self._simulation.secrets.create({"Name": name, "Data": "aGk=", "Labels": labels})

    def add_config(self, name: str, **labels: str) -> str:
        """Let there be a config. Returns its id."""
        return self._simulation.configs.create({"Name": name, "Data": "aGk=", "Labels": labels})

    def remove_kept(self, kind: str, name: str) -> None:
        """Remove a `secret` or `config` that no service uses."""
        vault = self._simulation.secrets if kind == "secret" else self._simulation.configs
        vault.remove(name)

    def post_outside(self, name: str, edit: Callable[[Spec], None]) -> None:
        """Change a service as another tool would."""
        self._simulation.settle()
        service = self._simulation.services.find(name)
        spec = service_view(service).spec
        edit(spec)
        self._simulation.services.update(name, service.version, spec, FUTURE)

    def restore(self, name: str, spec: Spec, version: int) -> None:
        """Show a service as it was, its version too: managers restored from an older backup."""
        self.post_outside(name, lambda live: live.update(copy.deepcopy(spec)))
        found = self._simulation.services.find(name)
        found.version, found.previous = version, None
        self.world.count_from(version)

    def rollback_outside(self, name: str) -> None:
        """Do `docker service rollback`: the two specs change places (SwarmKit, controlapi)."""
        self._simulation.settle()
        service = self._simulation.services.find(name)
        self._simulation.services.roll_back(name, service.version)

    def remove_outside(self, name: str) -> None:
        """Remove a service as another tool would."""
        self._simulation.settle()
        self._simulation.services.remove(name)

    def node_down(self, hostname: str) -> None:
        """Lose a node (Swarm has noticed)."""
        self._simulation.settle()
        self._simulation.nodes.power(hostname, up=False)

    def node_up(self, hostname: str) -> None:
        """Get a lost node back."""
        self._simulation.settle()
        self._simulation.nodes.power(hostname, up=True)

    def lose_next_reply(self, *, applied: bool = True) -> None:
        """Let the next write raise EngineUnavailableError, having taken effect or not."""
        self._lost.append(applied)

    # -- reads

    def service(self, ref: str) -> ServiceView:
        self._look()
        if self.replaying:
            raise NotFoundError("service", ref)
        with _translated("service", ref):
            return service_view(self._simulation.services.find(ref))

    def services(self, ids: Sequence[str] | None = None) -> list[ServiceView]:
        self._look()
        self.listings += 1
        found = () if self.replaying else self.world.services.values()
        return [service_view(s) for s in found if ids is None or s.id in ids]

    def tasks(
        self, service_ids: Sequence[str] | None = None, *, wanted: bool = True
    ) -> list[TaskView]:
        self._look()
        return [
            self._task_view(task)
            for task in self.world.tasks.values()
            if not self.replaying
            and (service_ids is None or task.service_id in service_ids)
            and (not wanted or self._counts(task))
        ]

    def _counts(self, task: Task) -> bool:
        """Whether it is wanted, or complete and of the job's newest iteration."""
        service = self.world.services[task.service_id]
        return task.wanted or (task.desired == "complete" and task.iteration == service.iteration)

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
        with _translated("node", ref):
            return node_view(self._simulation.nodes.find(ref))

    def own_node(self) -> str:
        self._look()
        return next(iter(self.world.nodes))

    def networks(self) -> list[NetworkView]:
        self._look()
        found = self.world.networks.values()
        return [network_view(n) for n in found if n.scope == "swarm" or n.name in _PREDEFINED]

    def secrets(self, names: Sequence[str] | None = None) -> list[PieceView]:
        self._look()
        return _pieces(self._simulation.secrets, names)

    def configs(self, names: Sequence[str] | None = None) -> list[PieceView]:
        self._look()
        return _pieces(self._simulation.configs, names)

    def api_version(self) -> str:
        self._look()
        return self.speaks

    def service_logs(self, service_id: str, what: LogFilter) -> list[LogLine]:
        self._look()
        with _translated("service", service_id):
            service = self._simulation.services.find(service_id)
        return self._logs(self.world.of(service), what)

    def task_logs(self, task_id: str, what: LogFilter) -> list[LogLine]:
        self._look()
        if task_id not in self.world.tasks:
            raise NotFoundError("task", task_id)
        return self._logs([self.world.tasks[task_id]], what)

    def resolve_image(self, reference: str) -> ResolvedImage:
        self._look()
        if self.registry_away:
            raise RegistryUnavailableError("dial tcp: connect: connection refused")
        name = reference if has_tag(reference) else f"{reference}:latest"
        image = self._simulation.images.find(name)
        if image is None:
            raise NotFoundError("image", reference)
        full = name if "@" in name else f"{name}@{image.digest}"
        return ResolvedImage(reference=full, digest=image.digest, platforms=(dict(_PLATFORM),))

    def tags(self, reference: str) -> TagNames:
        if self.registry_away:
            raise RegistryUnavailableError("the registry does not answer")
        known = self._simulation.images.known(repository_of(reference))
        if not known:
            raise NotFoundError("image", reference)
        names = tuple(known)
        return TagNames(names=names[: self.most_tags], is_cut=len(names) > self.most_tags)

    def look(self, reference: str, tags: Sequence[str]) -> list[TagView]:
        known = set(self.tags(reference).names)
        images = self._simulation.images.known(repository_of(reference))
        return [
            TagView(
                name=tag,
                digest=images[tag].digest,
                created_at=images[tag].created,
                size=images[tag].size or None,
            )
            for tag in tags
            if tag in known
        ]

    # -- writes

    def create_service(self, spec: Spec, *, with_registry_auth: bool = False) -> str:
        _check_placement(spec)
        services = self._simulation.services
        made: str = self._write(
            "create", "service", spec["Name"], lambda: services.create(spec, FUTURE)
        )
        return made

    def update_service(
        self, service_id: str, version: int, spec: Spec, *, with_registry_auth: bool = False
    ) -> None:
        _check_placement(spec)
        services = self._simulation.services
        self._write(
            "update",
            "service",
            service_id,
            lambda: services.update(service_id, version, spec, FUTURE),
        )

    def remove_service(self, service_id: str) -> None:
        services = self._simulation.services
        self._write("remove", "service", service_id, lambda: services.remove(service_id))

    def update_node(self, node_id: str, version: int, spec: JsonObject) -> None:
        nodes = self._simulation.nodes
        self._write("node_update", "node", node_id, lambda: nodes.update(node_id, version, spec))

    def remove_node(self, node_id: str, *, force: bool = False) -> None:
        nodes = self._simulation.nodes
        self._write("node_rm", "node", node_id, lambda: nodes.remove(node_id, force=force))

    def create_network(self, body: JsonObject) -> str:
        networks, name = self._simulation.networks, body["Name"]
        made: str = self._write("network_create", "network", name, lambda: networks.create(body))
        return made

    def remove_network(self, network_id: str) -> None:
        networks = self._simulation.networks
        self._write("network_rm", "network", network_id, lambda: networks.remove(network_id))

    # -- inside

    def _look(self) -> None:
        if self.unavailable:
            raise EngineUnavailableError("rpc error: The swarm does not have a leader")
        self._simulation.settle()

    def _write(self, verb: str, kind: str, ref: str, act: Callable[[], Any]) -> Any:
        self._look()
        if self.replaying:
            raise EngineUnavailableError("raft: node lost leader status")
        applied = self._lost.pop(0) if self._lost else None
        if applied is False:
            raise EngineUnavailableError("the connection was lost")
        name = self._name(kind, ref)
        with _translated(kind, ref):
            result = act()
        self.writes.append((verb, name))
        self._simulation.settle()
        if applied is True:
            raise EngineUnavailableError("the connection was lost")
        return result

    def _name(self, kind: str, ref: str) -> str:
        """Return the name of what an id stands for."""
        world = self.world
        if kind == "node" and ref in world.nodes:
            return world.nodes[ref].hostname
        if kind == "network" and ref in world.networks:
            return world.networks[ref].name
        return world.services[ref].name if ref in world.services else ref

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
        oldest = datetime.min.replace(tzinfo=self.world.timeline.now.tzinfo)
        return sorted(lines, key=lambda line: line.at or oldest)[-what.tail :]


def _pieces(vault: Vault, names: Sequence[str] | None) -> list[PieceView]:
    found = vault.pieces.values()
    return [piece_view(p) for p in found if names is None or p.spec["Name"] in names]


@contextmanager
def _translated(kind: str, ref: str) -> Iterator[None]:
    """Raise the port's error for a refusal of the simulated Engine."""
    try:
        yield
    except RefusedError as refusal:
        if refusal.status == _NOT_FOUND:
            raise NotFoundError(kind, ref) from refusal
        if "update out of sequence" in refusal.message:
            raise OutOfSequenceError(refusal.message) from refusal
        raise EngineRefusedError(refusal.message) from refusal


def _check_placement(spec: Spec) -> None:
    if not isinstance(spec["TaskTemplate"].get("Placement"), dict):
        raise ValueError("a posted TaskTemplate must have Placement (moby#37883)")  # noqa: TRY004
