"""/services."""

from aiohttp import web

from playground.simulator.api.call import Call, done, ok, raw
from playground.simulator.api.filters import Filters, begins, has_labels
from playground.simulator.api.shapes import service_json, service_status
from playground.simulator.encoded import encode, listed, spliced
from playground.simulator.model.refusals import RefusedError
from playground.simulator.model.state import Service

_FILTERS = ("id", "label", "mode", "name", "runtime")
_MODES = {
    "Replicated": "replicated",
    "Global": "global",
    "ReplicatedJob": "replicated-job",
    "GlobalJob": "global-job",
}
_AUTH_FROM = ("", "spec", "previous-spec")


async def find_all(call: Call) -> web.Response:
    """GET /services."""
    filters = call.filters(_FILTERS)
    defaults, status = call.flag("insertDefaults"), call.flag("status")
    parts = []
    for service in _matching(call, filters):
        part = _encoded(call, service, defaults=defaults)
        if status:
            counts = service_status(service, call.simulation.world)
            part = spliced(part, "ServiceStatus", encode(counts))
        parts.append(part)
    return raw(listed(parts))


def _encoded(call: Call, service: Service, *, defaults: bool) -> bytes:
    key = f"{service.id}+" if defaults else service.id
    memory = call.hub.memory
    return memory.of(key, service.version, lambda: encode(service_json(service, defaults=defaults)))


def _matching(call: Call, filters: Filters) -> list[Service]:
    known = call.simulation.world.services
    ids = filters.get("id", [])
    if ids and all(one in known for one in ids):
        found = [known[one] for one in dict.fromkeys(ids)]
    else:
        found = [service for service in known.values() if begins(service.id, ids)]
    fit = [service for service in found if _fits(service, filters)]
    return sorted(fit, key=lambda service: service.id)


def _fits(service: Service, filters: Filters) -> bool:
    modes = filters.get("mode", [])
    runtimes = filters.get("runtime", [])
    return (
        begins(service.name, filters.get("name", []))
        and has_labels(service.spec["Labels"], filters.get("label", []))
        and (not modes or mode_of(service) in modes)
        and (not runtimes or service.template["Runtime"] in runtimes)
    )


def mode_of(service: Service) -> str:
    """Return the mode as the CLI calls it."""
    return next(word for mode, word in _MODES.items() if mode in service.spec["Mode"])


async def find(call: Call) -> web.Response:
    """GET /services/{ref}."""
    service = call.simulation.services.find(call.ref)
    return raw(_encoded(call, service, defaults=call.flag("insertDefaults")) + b"\n")


async def create(call: Call) -> web.Response:
    """POST /services/create."""
    body = await call.body()
    made = call.write(lambda: call.simulation.services.create(body, call.version))
    return ok({"ID": made}, 201)


async def update(call: Call) -> web.Response:
    """POST /services/{ref}/update."""
    index = call.index("service")
    body = await call.body()
    rollback, auth_from = call.text("rollback"), call.text("registryAuthFrom")
    if rollback not in ("", "previous"):
        raise RefusedError(500, f"unrecognized rollback option {rollback}")
    if auth_from not in _AUTH_FROM:
        raise RefusedError(500, "unsupported registryAuthFrom value")
    services = call.simulation.services
    if rollback:
        call.write(lambda: services.roll_back(call.ref, index))
    else:
        call.write(lambda: services.update(call.ref, index, body, call.version))
    return ok({"Warnings": None})


async def remove(call: Call) -> web.Response:
    """DELETE /services/{ref}."""
    call.write(lambda: call.simulation.services.remove(call.ref))
    return done()
