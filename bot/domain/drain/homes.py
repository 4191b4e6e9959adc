"""Whether a service's tasks have another node to go to: what Swarm's scheduler would ask.

Source: swarmkit manager/scheduler/filter.go (ready, resources, generic ones too, constraints,
platform, host ports, replicas per node) and manager/constraint. What this view of a node does not
tell (plugins, CSI volumes, `node.ip`) holds nothing back here: it is Swarm's own word that counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.convergence.wanted import holds
from bot.domain.drain.coming import Slot, coming_up, running
from bot.domain.drain.record import Moving
from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.observation import Mode, NodeView, ServiceView, TaskView

_SAME_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}
_MANY = 1_000_000
_GENERIC = "generic resource "
CPU, MEMORY = "CPU", "memory"
"""What is reserved, in words: see `reserved`."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """How many more tasks of a service the other nodes take, and why not more.

    Attributes:
        why: what keeps nodes from taking (more of) them, each reason once.
    """

    tasks: int
    why: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What there is in the swarm.

    Attributes:
        tasks: those that Swarm wants.
        failing: slots of which the last tasks failed, again and again.
    """

    services: Mapping[str, ServiceView]
    tasks: Sequence[TaskView]
    nodes: Mapping[str, NodeView]
    failing: Collection[Slot] = ()


def room_for(spec: Spec, service_id: str, leaving: str, ground: Ground) -> Room:
    """Return how many tasks of the service fit on the other nodes than `leaving` (a node's id)."""
    total, why = 0, []
    for node in ground.nodes.values():
        if node.id == leaving:
            continue
        fits, reason = _fits(spec, service_id, node, ground)
        total += fits
        why += [reason] if reason else []
    return Room(tasks=total, why=tuple(dict.fromkeys(why)))


def homeless(moving: Moving, leaving: str, ground: Ground) -> int:
    """Return how many of the tasks that run or start on the node fit nowhere else, and not soon.

    A node that is away or takes no tasks just now may do so again: what fits there has a home, and
    is waited for. Of a node that drains already, replacements may be on their way: those have taken
    their room.

    Args:
        moving: the service, as it stands now.
        leaving: the node's id.
        ground: what there is.
    """
    service = ground.services.get(moving.service_id)
    if service is None or moving.mode is not Mode.REPLICATED:
        return 0
    others = (node for node in ground.nodes.values() if node.id != leaving)
    room = sum(_could_take(service.spec, service.id, node, ground)[0] for node in others)
    node = ground.nodes.get(leaving)  # it may have left the swarm meanwhile
    if node is not None and node.availability == "drain":
        room += _on_their_way(service.id, leaving, ground)
    return max(0, alive_on(moving, leaving, ground) - room)


def alive_on(moving: Moving, node_id: str, ground: Ground) -> int:
    """Return how many of its tasks run on the node, or come up there, before anything moves."""
    tasks = [task for task in ground.tasks if task.service_id == moving.service_id]
    run = running(tasks, ground.nodes)
    comes = coming_up(tasks, run, ground.nodes, ground.failing)
    return moving.ran - moving.elsewhere + sum(task.node_id == node_id for task in comes)


def _on_their_way(service_id: str, leaving: str, ground: Ground) -> int:
    return sum(
        t.service_id == service_id and t.node_id not in {"", leaving} and t.state != "running"
        for t in ground.tasks
    )


def _fits(spec: Spec, service_id: str, node: NodeView, ground: Ground) -> tuple[int, str]:
    if node.status != "ready":
        return 0, f"{node.hostname} is {node.status}"
    if node.availability != "active":
        return 0, f"{node.hostname} is set to {node.availability}"
    return _could_take(spec, service_id, node, ground)


def _could_take(spec: Spec, service_id: str, node: NodeView, ground: Ground) -> tuple[int, str]:
    """Return how many more tasks fit on a node that is ready and active, and why not more."""
    template = spec.get("TaskTemplate") or {}
    placement = template.get("Placement") or {}
    for constraint in placement.get("Constraints") or ():
        if holds(str(constraint), node) is False:
            return 0, f"constraint {constraint}"
    if not _runs_on(placement.get("Platforms") or (), node):
        return 0, "the image's platform"
    there = [t for t in ground.tasks if t.node_id == node.id]
    own = sum(t.service_id == service_id for t in there)
    limits = [
        _by_ports(spec, there, ground),
        _by_number(placement, own),
        _by_reservations(template, there, node, ground),
    ]
    return min(limits, key=lambda each: each[0])


def _by_number(placement: JsonObject, own: int) -> tuple[int, str]:
    most = int(placement.get("MaxReplicas") or 0)
    return (max(0, most - own), f"at most {most} a node") if most else (_MANY, "")


def _by_ports(spec: Spec, there: Sequence[TaskView], ground: Ground) -> tuple[int, str]:
    wanted = host_ports(spec)
    if not wanted:
        return _MANY, ""
    specs = (s.spec for t in there if (s := ground.services.get(t.service_id)))
    taken = {port for each in specs for port in host_ports(each)}
    both = sorted(wanted & taken)
    named = both or sorted(wanted)
    return 0 if both else 1, f"host port {named[0][0]}"


def host_ports(spec: Spec) -> set[tuple[int, str]]:
    """Return the ports of the node itself that a task takes, each with its protocol."""
    ports = (spec.get("EndpointSpec") or {}).get("Ports") or ()
    return {
        (int(p["PublishedPort"]), str(p.get("Protocol") or "tcp"))
        for p in ports
        if p.get("PublishMode") == "host" and p.get("PublishedPort")
    }


def _by_reservations(
    template: JsonObject, there: Sequence[TaskView], node: NodeView, ground: Ground
) -> tuple[int, str]:
    used = [reserved(s.spec.get("TaskTemplate") or {}) for t in there
            if (s := ground.services.get(t.service_id))]  # fmt: skip
    found = [(_MANY, "")]
    for what, asked in reserved(template).items():
        if (has := held(node, what)) is not None:
            free = has - sum(each.get(what, 0) for each in used)
            found.append((max(0, free // asked), f"reserved {what}"))
    return min(found, key=lambda each: each[0])


def reserved(template: JsonObject) -> dict[str, int]:
    """Return what a task reserves, by what it is in words; nothing of which it reserves none.

    `CPU` is in billionths of one, `memory` in bytes, `generic resource GPU` in pieces.
    """
    asked = (template.get("Resources") or {}).get("Reservations") or {}
    amounts = {CPU: asked.get("NanoCPUs"), MEMORY: asked.get("MemoryBytes")}
    for each in asked.get("GenericResources") or ():
        named, discrete = each.get("NamedResourceSpec"), each.get("DiscreteResourceSpec") or {}
        what = f"{_GENERIC}{(named or discrete).get('Kind', '')}"
        amounts[what] = (amounts.get(what) or 0) + (1 if named else int(discrete.get("Value") or 0))
    return {what: int(amount) for what, amount in amounts.items() if amount}


def held(node: NodeView, what: str) -> int | None:
    """Return how much a node has of something that can be reserved; None: it did not say."""
    if what.startswith(_GENERIC):
        return None if node.generic is None else node.generic.get(what.removeprefix(_GENERIC), 0)
    return node.cpus if what == CPU else node.memory


def _runs_on(platforms: Sequence[JsonObject], node: NodeView) -> bool:
    """Return whether one of the image's platforms is the node's; an empty word is any."""
    if not platforms or not (node.os and node.arch):
        return True
    return any(
        _same(str(p.get("OS") or ""), node.os)
        and _same(str(p.get("Architecture") or ""), node.arch)
        for p in platforms
    )


def _same(wanted: str, has: str) -> bool:
    return not wanted or _SAME_ARCH.get(wanted, wanted) == _SAME_ARCH.get(has, has)
