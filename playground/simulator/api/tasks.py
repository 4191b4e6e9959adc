"""/tasks."""

from collections.abc import Iterable

from aiohttp import web

from playground.simulator.api.call import Call, raw
from playground.simulator.api.filters import Filters, begins, has_labels
from playground.simulator.api.shapes import moment, task_json, task_name, task_spec
from playground.simulator.encoded import encode, listed, spliced
from playground.simulator.model.lookup import found
from playground.simulator.model.refusals import RefusedError
from playground.simulator.model.state import Json, Network, Task

_FILTERS = ("_up-to-date", "desired-state", "id", "label", "name", "node", "runtime", "service")
_STATES = frozenset(
    [
        "new",
        "allocated",
        "pending",
        "assigned",
        "accepted",
        "preparing",
        "ready",
        "starting",
        "running",
        "complete",
        "shutdown",
        "failed",
        "rejected",
        "remove",
        "orphaned",
    ]
)
_FRESH = "_up-to-date"
"""Whatever its value: `false` asks for the same (measured)."""


async def find_all(call: Call) -> web.Response:
    """GET /tasks."""
    filters = call.filters(_FILTERS)
    strange = next((s for s in filters.get("desired-state", []) if s not in _STATES), None)
    if strange is not None:
        raise RefusedError(500, f"Invalid desired-state filter: '{strange}'")
    nodes = {call.simulation.nodes.find(ref).id for ref in filters.get("node", [])}
    tasks = [task for task in _of_services(call, filters) if _fits(call, task, filters, nodes)]
    tasks.sort(key=lambda task: task.id)
    return raw(listed(_encoded(call, task) for task in tasks))


async def find(call: Call) -> web.Response:
    """GET /tasks/{ref}."""
    return raw(_encoded(call, by_ref(call)) + b"\n")


def by_ref(call: Call) -> Task:
    """Return the task of the path. Raises RefusedError."""
    return found("task", call.ref, call.simulation.world.tasks, {})


def _of_services(call: Call, filters: Filters) -> Iterable[Task]:
    world = call.simulation.world
    if "service" not in filters:
        return list(world.tasks.values())
    find_service = call.simulation.services.find
    wanted = {service.id: service for service in map(find_service, filters["service"])}
    return [task for service in wanted.values() for task in world.of(service)]


def _fits(call: Call, task: Task, filters: Filters, nodes: set[str]) -> bool:
    states = filters.get("desired-state", [])
    if states and task.desired not in states:
        return False
    if nodes and task.node_id not in nodes:
        return False
    if not begins(task.id, filters.get("id", [])):
        return False
    return _fits_service(call, task, filters)


def _fits_service(call: Call, task: Task, filters: Filters) -> bool:
    world = call.simulation.world
    service = world.services[task.service_id]
    if "name" in filters and not begins(task_name(task, world), filters["name"]):
        return False
    if not has_labels(service.spec["Labels"], filters.get("label", [])):
        return False
    if "runtime" in filters and service.template["Runtime"] not in filters["runtime"]:
        return False
    return _FRESH not in filters or not world.dirty(service, task)


def _encoded(call: Call, task: Task) -> bytes:
    memory = call.hub.memory

    def make() -> bytes:
        spec = memory.shared(task.template, lambda: task_spec(task))
        return spliced(encode(task_json(task, _attachments(call, task))), "Spec", spec)

    return memory.of(task.id, task.version, make)


def _attachments(call: Call, task: Task) -> list[Json]:
    if not task.node_id:
        return []
    networks = call.simulation.world.networks
    wanted = [entry["Target"] for entry in task.template.get("Networks") or []]
    return [_attachment(networks[one]) for one in wanted if one in networks]


def _attachment(network: Network) -> Json:
    spec = {"Name": network.name, "Labels": network.labels, "Scope": network.scope}
    return {
        "Network": {
            "ID": network.id,
            "Version": {"Index": 1},
            "CreatedAt": moment(network.created),
            "UpdatedAt": moment(network.created),
            "Spec": spec,
            "DriverState": {"Name": network.driver},
        }
    }
