"""What a change touches, as the people who are asked for their yes should know. Reads only."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.domain.approval import Blast
from bot.domain.change import Change, ChangeKind
from bot.domain.jsontypes import Spec
from bot.domain.observation import NetworkView, ServiceView, TaskView
from bot.domain.plan import Plan
from bot.ports import SwarmReader

_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class BlastRadius:
    """Looks at the swarm once, when people are asked. All may raise EngineError."""

    swarm: SwarmReader

    def of_plan(self, plan: Plan) -> Blast:
        """Return how many tasks on which nodes, and which services share networks or ports."""
        tasks = self.swarm.tasks([plan.service_id]) if plan.service_id else []
        specs = [spec for spec in (plan.base_spec, plan.desired) if spec is not None]
        wanted = max((_replicas(spec) for spec in specs), default=0)
        return Blast(
            tasks=max(len(tasks), wanted),
            nodes=self._host_names(tasks),
            shared=tuple(self._shared(specs, plan.service)),
        )

    def of_change(self, change: Change) -> Blast:
        """Return the same for a removal; for a node or a network, what runs there or uses it."""
        if change.kind in {ChangeKind.NODE_UPDATE, ChangeKind.NODE_RM}:
            return self._node(change)
        if change.kind is ChangeKind.RM:
            view = self.swarm.service(change.target_id or change.target)
            tasks = self.swarm.tasks([view.id])
            shared = tuple(self._shared([view.spec], view.name))
            return Blast(tasks=len(tasks), nodes=self._host_names(tasks), shared=shared)
        users = [v for v in self.swarm.services() if change.target_id in _networks(v.spec)]
        return Blast(shared=tuple(_used_by("network", change.target, users)))

    def _node(self, change: Change) -> Blast:
        tasks = [task for task in self.swarm.tasks() if task.node_id == change.target_id]
        ids = {task.service_id for task in tasks}
        users = [view for view in self.swarm.services() if view.id in ids]
        shared = tuple(_used_by("node", change.target, users))
        return Blast(tasks=len(tasks), nodes=(change.target,), shared=shared)

    def _host_names(self, tasks: Iterable[TaskView]) -> tuple[str, ...]:
        names = {node.id: node.hostname for node in self.swarm.nodes()}
        found = {names.get(task.node_id, task.node_id) for task in tasks if task.node_id}
        return tuple(sorted(found))

    def _shared(self, specs: Sequence[Spec], own: str) -> Iterator[str]:
        others = [view for view in self.swarm.services() if view.name != own]
        nets = {net.id: net for net in self.swarm.networks()}
        for net_id in sorted({n for spec in specs for n in _networks(spec)}):
            users = [v for v in others if {net_id, _name(nets, net_id)} & _networks(v.spec)]
            yield from _used_by("network", _name(nets, net_id), users)
        for port in sorted({p for spec in specs for p in _ports(spec)}):
            number, protocol = port
            users = [v for v in others if port in _ports(v.spec)]
            yield from _used_by("port", f"{number}/{protocol}", users)


def _used_by(what: str, name: str, users: Sequence[ServiceView]) -> Iterator[str]:
    if not users:
        return
    names = sorted(view.name for view in users)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    yield f"{what} {name}: {', '.join(names[:_NAMED])}{more}"


def _name(nets: dict[str, NetworkView], net_id: str) -> str:
    return nets[net_id].name if net_id in nets else net_id


def _networks(spec: Spec) -> set[str]:
    template = spec.get("TaskTemplate") or {}
    both = (*(template.get("Networks") or ()), *(spec.get("Networks") or ()))
    return {str(each.get("Target", "")) for each in both}


def _ports(spec: Spec) -> set[tuple[int, str]]:
    """Return published ports with their protocols: 53/tcp and 53/udp are two."""
    ports = (spec.get("EndpointSpec") or {}).get("Ports") or ()
    return {
        (port["PublishedPort"], port.get("Protocol") or "tcp")
        for port in ports
        if port.get("PublishedPort")
    }


def _replicas(spec: Spec) -> int:
    replicated = (spec.get("Mode") or {}).get("Replicated") or {}
    return int(replicated.get("Replicas") or 0)
