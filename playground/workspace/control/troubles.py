"""Control verbs for troubles, limits and settings."""

from playground.workspace.errors import ControlError
from playground.workspace.faults import DOWN_503, DOWN_REFUSE, KINDS, Fault
from playground.workspace.hub import Hub
from playground.workspace.records import Json

#: What may be changed while the workspace runs.
CHANGEABLE = (
    "app_url",
    "commands",
    "scopes",
    "shortcuts",
    "shortcut_metadata",
    "should_escape",
    "smart_punctuation",
    "rate_limits",
    "ack_deadline",
    "retry_delays",
    "response_url_uses",
    "response_url_lifetime",
    "trigger_lifetime",
)


async def down(hub: Hub, body: Json) -> Json:
    """Make the Web API, response_urls and sockets fail, for `seconds` or until `up`."""
    mode = str(body.get("mode", DOWN_REFUSE))
    if mode not in (DOWN_503, DOWN_REFUSE):
        raise ControlError(f"unknown mode {mode!r}")
    seconds = body.get("seconds")
    hub.faults.take_down(mode, None if seconds is None else float(seconds))
    await hub.sockets.drop(None)
    return {"mode": mode}


async def up(hub: Hub, body: Json) -> Json:
    """End an outage."""
    del body
    hub.faults.bring_up()
    return {}


async def fault(hub: Hub, body: Json) -> Json:
    """Switch a trouble on: see `playground.workspace.faults.Fault` for its fields."""
    kind = str(body["kind"])
    if kind not in KINDS:
        raise ControlError(f"unknown trouble {kind!r}, known: {', '.join(KINDS)}")
    lasting = body.get("for_seconds")
    hub.faults.add(
        Fault(
            kind=kind,
            method=str(body.get("method", "*")),
            left=None if body.get("count") is None else int(body["count"]),
            until=None if lasting is None else hub.world.clock() + float(lasting),
            seconds=float(body.get("seconds", 1.0)),
            word=str(body.get("word", "internal_error")),
            channel=str(body.get("channel", "")),
        )
    )
    return {}


async def clear(hub: Hub, body: Json) -> Json:
    """Switch all troubles off."""
    del body
    hub.faults.clear()
    return {}


async def repeat(hub: Hub, body: Json) -> Json:
    """Send the next `count` deliveries twice, byte by byte."""
    hub.faults.repeats = int(body.get("count", 1))
    return {}


async def redeliver(hub: Hub, body: Json) -> Json:
    """Send a past delivery (`number`, default the last) again exactly as it was."""
    wanted = body.get("number")
    for delivery in reversed(hub.courier.log):
        if wanted in (None, delivery.number):
            answer = await hub.courier.send(delivery)
            return {
                "status": answer.status,
                "http_status": answer.http_status,
                "body": answer.body,
            }
    raise ControlError("nothing was delivered yet")


async def drop_sockets(hub: Hub, body: Json) -> Json:
    """Cut the Socket Mode connections, or announce their end with a `reason`."""
    return {"dropped": await hub.sockets.drop(body.get("reason"))}


async def limits(hub: Hub, body: Json) -> Json:
    """Set calls a minute per method (`{"chat.update": 5}`); counting starts anew."""
    hub.meter.reset()
    hub.meter.overrides = {str(k): int(v) for k, v in body.get("per_minute", {}).items()}
    return {}


async def configure(hub: Hub, body: Json) -> Json:
    """Change settings of the run."""
    unknown = sorted(set(body) - set(CHANGEABLE))
    if unknown:
        raise ControlError(f"cannot change {', '.join(unknown)}")
    for name, value in body.items():
        setattr(hub.settings, name, tuple(value) if isinstance(value, list) else value)
    return {}
