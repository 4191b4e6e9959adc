"""Nodes: labelled, drained, lost and found again."""

from playground.simulator.model.lookup import found
from playground.simulator.model.orchestrator import Orchestrator
from playground.simulator.model.refusals import RefusedError, out_of_sequence, precondition
from playground.simulator.model.state import Json, Node
from playground.simulator.model.tasks import World

_ROLES = ("worker", "manager")
_AVAILABILITIES = ("active", "pause", "drain")


class Nodes:
    """The nodes of a world; the first is the manager."""

    def __init__(self, world: World, orchestrator: Orchestrator) -> None:
        self._world = world
        self._orchestrator = orchestrator

    def add(self, hostname: str) -> Node:
        """Let a node join."""
        now, number = self._world.timeline.now, len(self._world.nodes) + 1
        first = number == 1
        node = Node(
            id=self._world.new_id("node"),
            hostname=hostname,
            address=f"10.88.{number // 250}.{number % 250}",
            created=now,
            updated=now,
            spec={
                "Labels": {},
                "Role": "manager" if first else "worker",
                "Availability": "active",
            },
            leader=first,
            version=self._world.next_version(),
        )
        self._world.nodes[node.id] = node
        return node

    def find(self, ref: str) -> Node:
        """Return one by id, hostname or an unambiguous beginning of an id. Raises RefusedError."""
        names = {node.hostname: node.id for node in self._world.nodes.values()}
        return found("node", ref, self._world.nodes, names)

    def update(self, ref: str, index: int, posted: Json) -> None:
        """Store a whole spec if `index` is the node's present version. Raises RefusedError."""
        node = self.find(ref)
        role, availability = posted.get("Role") or "", posted.get("Availability") or ""
        if role not in _ROLES:
            raise _bad("Role", role)
        if availability not in _AVAILABILITIES:
            raise _bad("Availability", availability)
        if index != node.version:
            raise out_of_sequence()
        if node.leader and role != "manager":
            raise precondition("attempting to demote the last manager of the swarm")
        before = node.spec
        labels = dict(posted.get("Labels") or {})
        node.spec = {"Labels": labels, "Role": role, "Availability": availability}
        self._changed(node)
        told = {"name": node.hostname}
        for key, title in (("availability", "Availability"), ("role", "Role")):
            if before[title] != node.spec[title]:
                told |= {f"{key}.old": before[title], f"{key}.new": node.spec[title]}
        self._world.told("node", "update", node.id, told)
        self._orchestrator.changed_node(node)

    def remove(self, ref: str, *, force: bool = False) -> None:
        """Let a node leave that is down, or any but the manager by force. Raises RefusedError."""
        node = self.find(ref)
        if node.role == "manager":
            words = f"node {node.id} is a cluster manager and is a member of the raft cluster."
            raise precondition(f"{words} It must be demoted to worker before removal")
        if node.up and not force:
            raise precondition(f"node {node.id} is not down and can't be removed")
        del self._world.nodes[node.id]
        self._world.told("node", "remove", node.id, {"name": node.hostname})
        self._orchestrator.changed_node(node)

    def power(self, ref: str, *, up: bool) -> None:
        """Lose a node, or get it back: Swarm has noticed. Raises RefusedError."""
        node = self.find(ref)
        if node.up is up:
            return
        states = ("down", "ready") if up else ("ready", "down")
        node.up = up
        self._changed(node)
        told = {"name": node.hostname, "state.old": states[0], "state.new": states[1]}
        self._world.told("node", "update", node.id, told)
        if up:
            self._world.hear_from(node)
        self._orchestrator.changed_node(node)

    def _changed(self, node: Node) -> None:
        node.version, node.updated = self._world.next_version(), self._world.timeline.now


def _bad(field: str, value: str) -> RefusedError:
    return RefusedError(400, f'invalid {field}: "{value}"')
