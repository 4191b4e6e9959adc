"""/networks."""

import re

from aiohttp import web

from playground.simulator.api.call import Call, done, ok
from playground.simulator.api.filters import Filters, begins, has_labels
from playground.simulator.api.shapes import network_json
from playground.simulator.model.networks import PREDEFINED
from playground.simulator.model.refusals import RefusedError
from playground.simulator.model.state import Network

_FILTERS = ("dangling", "driver", "id", "label", "name", "scope", "type")
_TYPES = ("builtin", "custom")


async def find_all(call: Call) -> web.Response:
    """GET /networks."""
    filters = call.filters(_FILTERS)
    strange = next((value for value in filters.get("type", []) if value not in _TYPES), None)
    if strange is not None:
        raise RefusedError(500, f"invalid filter: 'type'='{strange}'")
    found = call.simulation.world.networks.values()
    return ok([network_json(network) for network in found if _fits(network, filters)])


def _fits(network: Network, filters: Filters) -> bool:
    kind = "builtin" if (network.name, network.driver) in PREDEFINED else "custom"
    equal = (("driver", network.driver), ("scope", network.scope), ("type", kind))
    return (
        _named(network, filters.get("name", []))
        and begins(network.id, filters.get("id", []))
        and has_labels(network.labels, filters.get("label", []))
        and all(value in filters.get(name, [value]) for name, value in equal)
    )


def _named(network: Network, names: list[str]) -> bool:
    # SwarmKit compares, the daemon looks for a part (measured)
    if network.scope == "swarm" or not names:
        return not names or network.name in names
    return any(re.search(re.escape(name), network.name) for name in names)


async def find(call: Call) -> web.Response:
    """GET /networks/{ref}."""
    return ok(network_json(call.simulation.networks.find(call.ref)))


async def create(call: Call) -> web.Response:
    """POST /networks/create."""
    body = await call.body()
    made = call.write(lambda: call.simulation.networks.create(body))
    return ok({"Id": made, "Warning": ""}, 201)


async def remove(call: Call) -> web.Response:
    """DELETE /networks/{ref}."""
    call.write(lambda: call.simulation.networks.remove(call.ref))
    return done(204)
