"""/_control: what a test does to the swarm that no Docker API can do. POST, with a JSON body."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from playground.simulator.api.call import Call, ok
from playground.simulator.api.shapes import moment
from playground.simulator.model.refusals import RefusedError, not_found
from playground.simulator.model.state import Json

Verb = Callable[[Call, Json], Json]
_SPANS = ("starts_in", "healthy_in", "unhealthy_in", "ends_in")


def _status(call: Call, _body: Json) -> Json:
    world = call.simulation.world
    return {
        "now": moment(call.hub.clock.now()),
        "registry": call.hub.registry,
        "services": len(world.services),
        "tasks": len(world.tasks),
        "leaderless": call.simulation.services.leaderless,
    }


def _calls(call: Call, _body: Json) -> Json:
    """Tell how often each call was made."""
    return {"calls": dict(call.hub.calls)}


def _advance(call: Call, body: Json) -> Json:
    """Let `seconds` pass."""
    call.hub.advance(timedelta(seconds=float(body["seconds"])))
    return _status(call, body)


def _node(call: Call, body: Json) -> Json:
    """Lose the node `name` (`up` false), or get it back."""
    call.simulation.timeline.settle()
    call.simulation.nodes.power(str(body["name"]), up=bool(body["up"]))
    return {}


def _reset(call: Call, _body: Json) -> Json:
    """Begin anew: no services, all nodes up, the images as at the start."""
    call.hub.reset()
    return {}


def _lose_reply(call: Call, body: Json) -> Json:
    """Let the next `times` writes end without an answer, `applied` or not."""
    call.hub.lost += [bool(body.get("applied", True))] * int(body.get("times", 1))
    return {}


def _unavailable(call: Call, body: Json) -> Json:
    """Let the managers have no leader while `on`."""
    call.simulation.unavailable = bool(body["on"])
    if not body["on"]:
        call.simulation.services.leaderless = False
    return {}


def _registry(call: Call, body: Json) -> Json:
    """Let the registry not answer while `away`."""
    call.simulation.images.away = bool(body["away"])
    return {}


def _image(call: Call, body: Json) -> Json:
    """Let the registry have `name` (`repository:tag`); spans in seconds, see `Image`."""
    behaviour: dict[str, Any] = {key: value for key, value in body.items() if key != "name"}
    for key in _SPANS:
        if behaviour.get(key) is not None:
            behaviour[key] = timedelta(seconds=float(behaviour[key]))
    for key in ("log", "errors"):
        behaviour[key] = tuple(behaviour.get(key, ()))
    name = f"{call.hub.registry}/{body['name']}"
    return {"digest": call.simulation.images.add(name, **behaviour)}


VERBS: dict[str, Verb] = {
    "status": _status,
    "calls": _calls,
    "advance": _advance,
    "node": _node,
    "reset": _reset,
    "lose_reply": _lose_reply,
    "unavailable": _unavailable,
    "registry": _registry,
    "image": _image,
}


async def serve(call: Call) -> web.Response:
    """POST /_control/{verb}."""
    verb = VERBS.get(call.ref)
    if verb is None:
        raise not_found(f"no such verb: {call.ref}; there are {', '.join(VERBS)}")
    body = await call.body() if call.request.can_read_body else {}
    try:
        return ok(verb(call, body))
    except (KeyError, TypeError, ValueError) as error:
        raise RefusedError(400, f"{call.ref}: {type(error).__name__} {error}") from error
