"""Where a task may run."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from playground.simulator.model.state import Json, Node

Load = Callable[[Node], int]
NANO_CPUS, MEMORY = 2_000_000_000, 4 * 1024**3
"""What each node has."""


def allowed(node: Node, template: Json) -> bool:
    """Return whether the node meets every constraint of the template."""
    constraints = (template.get("Placement") or {}).get("Constraints") or []
    return all(_meets(node, text) for text in constraints)


def takes(node: Node) -> bool:
    """Return whether new tasks may go there."""
    return node.up and node.availability == "active"


def stays(node: Node) -> bool:
    """Return whether tasks that are there may stay."""
    return node.up and node.availability != "drain"


def _meets(node: Node, text: str) -> bool:
    wanted = "!=" not in text
    key, _, value = text.partition("==" if wanted else "!=")
    found = _value(node, key.strip())
    # SwarmKit (manager/constraint): what it does not know matches nothing, labels are case-blind
    return ((found or "").lower() == value.strip().lower()) is wanted


def _value(node: Node, key: str) -> str | None:
    if key.startswith("node.labels."):
        return node.labels.get(key.removeprefix("node.labels."))
    plain = {
        "node.id": node.id,
        "node.hostname": node.hostname,
        "node.role": node.role,
        "node.platform.os": "linux",
        "node.platform.arch": "x86_64",
    }
    return plain.get(key)


@dataclass(frozen=True)
class Room:
    """What is taken: of a service's and of everybody's tasks on a node, and its reserved share."""

    mine: Load
    everyones: Load
    reserved: Callable[[Node], tuple[int, int]]


def reservation(template: Json) -> tuple[int, int]:
    """Return what a task reserves: nano-CPUs and bytes of memory."""
    wanted = (template.get("Resources") or {}).get("Reservations") or {}
    return wanted.get("NanoCPUs", 0), wanted.get("MemoryBytes", 0)


def _generic(template: Json) -> bool:
    wanted = (template.get("Resources") or {}).get("Reservations") or {}
    return bool(wanted.get("GenericResources"))


def _has_room(node: Node, template: Json, room: Room) -> bool:
    wanted = reservation(template)
    if _generic(template):
        return False  # no simulated node has any
    if wanted == (0, 0):
        return True
    taken = room.reserved(node)
    return all(
        w + t <= there for w, t, there in zip(wanted, taken, (NANO_CPUS, MEMORY), strict=True)
    )


def why_pending(nodes: Iterable[Node], template: Json, room: Room) -> str:
    """Return the scheduler's words when no node fits."""
    tests: tuple[tuple[Callable[[Node], bool], str], ...] = (
        (takes, "{0} not available for new tasks"),
        (lambda node: _has_room(node, template, room), "insufficient resources on {0}"),
        (
            lambda node: allowed(node, template),
            "scheduling constraints not satisfied on {0}",
        ),
        (lambda node: _may_have_more(node, template, room), "max replicas per node limit exceed"),
    )
    # the first test that a node fails counts it, and the most frequent reason comes first
    failed: Counter[str] = Counter()
    for node in nodes:
        failed[next((words for test, words in tests if not test(node)), "")] += 1
    reasons = [words.format(_count(number)) for words, number in failed.most_common() if words]
    return f"no suitable node ({'; '.join(reasons)})"


def _count(number: int) -> str:
    return "1 node" if number == 1 else f"{number} nodes"


def _may_have_more(node: Node, template: Json, room: Room) -> bool:
    limit = (template.get("Placement") or {}).get("MaxReplicas") or 0
    return not limit or room.mine(node) < limit


def pick(nodes: Iterable[Node], template: Json, room: Room) -> Node | None:
    """Return the node with the fewest tasks of this service, then of all, or None."""
    placement = template.get("Placement") or {}
    fit = [node for node in nodes if takes(node)]
    # what nothing asks for is not looked up for each of a hundred nodes
    if placement.get("Constraints"):
        fit = [node for node in fit if allowed(node, template)]
    if template.get("Resources"):
        fit = [node for node in fit if _has_room(node, template, room)]
    if placement.get("MaxReplicas"):
        fit = [node for node in fit if _may_have_more(node, template, room)]
    return min(fit, key=lambda n: (room.mine(n), room.everyones(n), n.hostname), default=None)
