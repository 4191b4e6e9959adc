"""/nodes."""

from aiohttp import web

from playground.simulator.api.call import Call, done, ok
from playground.simulator.api.filters import Filters, begins, has_labels
from playground.simulator.api.shapes import node_json
from playground.simulator.model.refusals import RefusedError
from playground.simulator.model.state import Node

_FILTERS = ("id", "label", "membership", "name", "node.label", "role")
_KNOWN = {"role": ("manager", "worker"), "membership": ("accepted", "pending")}


async def find_all(call: Call) -> web.Response:
    """GET /nodes."""
    filters = call.filters(_FILTERS)
    for name, known in _KNOWN.items():
        strange = next((value for value in filters.get(name, []) if value not in known), None)
        if strange is not None:
            raise RefusedError(500, f"Invalid {name} filter: '{strange}'")
    nodes = [node for node in call.simulation.world.nodes.values() if _fits(node, filters)]
    return ok([node_json(node) for node in sorted(nodes, key=lambda node: node.id)])


def _fits(node: Node, filters: Filters) -> bool:
    roles, membership = filters.get("role", []), filters.get("membership", [])
    return (
        begins(node.id, filters.get("id", []))
        and begins(node.hostname, filters.get("name", []))
        and has_labels({}, filters.get("label", []))  # those of the engine: it has none
        and has_labels(node.labels, filters.get("node.label", []))
        and (not roles or node.role in roles)
        and (not membership or "accepted" in membership)
    )


async def find(call: Call) -> web.Response:
    """GET /nodes/{ref}."""
    return ok(node_json(call.simulation.nodes.find(call.ref)))


async def update(call: Call) -> web.Response:
    """POST /nodes/{ref}/update."""
    index = call.index("node")
    body = await call.body()
    call.write(lambda: call.simulation.nodes.update(call.ref, index, body))
    return done()


async def remove(call: Call) -> web.Response:
    """DELETE /nodes/{ref}."""
    force = call.flag("force")
    call.write(lambda: call.simulation.nodes.remove(call.ref, force=force))
    return done()
