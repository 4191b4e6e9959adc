"""Where a task may run."""

from bot.domain.jsontypes import JsonObject
from tests.fakes.swarmkit.state import Node, Task


def allowed(node: Node, template: JsonObject) -> bool:
    """Return whether the node meets every constraint of the template."""
    constraints = (template.get("Placement") or {}).get("Constraints") or []
    return all(_meets(node, text) for text in constraints)


def _meets(node: Node, text: str) -> bool:
    wanted = "!=" not in text
    key, _, value = text.partition("==" if wanted else "!=")
    return (_value(node, key.strip()) == value.strip()) is wanted


def _value(node: Node, key: str) -> str | None:
    if key.startswith("node.labels."):
        return node.labels.get(key.removeprefix("node.labels."))
    plain = {"node.id": node.id, "node.hostname": node.hostname, "node.role": node.role}
    return plain.get(key)


def why_pending(nodes: list[Node]) -> str:
    """Return the scheduler's words when no node fits."""
    ready = [node for node in nodes if node.up and node.availability == "active"]
    reasons = []
    if ready:
        reasons.append(f"scheduling constraints not satisfied on {_count(len(ready))}")
    if len(ready) < len(nodes):
        reasons.append(f"{_count(len(nodes) - len(ready))} not available for new tasks")
    return f"no suitable node ({'; '.join(reasons)})"


def _count(number: int) -> str:
    return "1 node" if number == 1 else f"{number} nodes"


def pick(
    nodes: list[Node], template: JsonObject, tasks: list[Task], service_id: str
) -> Node | None:
    """Return the node with the fewest tasks of this service, or None."""
    fit = [n for n in nodes if n.up and n.availability == "active" and allowed(n, template)]
    mine = [t for t in tasks if t.wanted and not t.ended and t.service_id == service_id]
    limit = (template.get("Placement") or {}).get("MaxReplicas") or 0

    def load(node: Node) -> int:
        return sum(t.node_id == node.id for t in mine)

    if limit:
        fit = [n for n in fit if load(n) < limit]
    return min(fit, key=lambda n: (load(n), n.hostname), default=None)
