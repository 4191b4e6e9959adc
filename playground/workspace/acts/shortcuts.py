"""A person uses a shortcut of the app (docs.slack.dev interactivity, implementing-shortcuts)."""

from playground.workspace.acts.clicks import interaction
from playground.workspace.acts.present import failure_word, outcome, person, slackbot_says
from playground.workspace.courier import INTERACTIVE, OK
from playground.workspace.errors import ControlError
from playground.workspace.hub import Hub
from playground.workspace.records import Json


def _callback(hub: Hub, kind: str, name: str) -> str:
    found = [s for s in hub.settings.shortcuts if s["type"] == kind]
    for shortcut in found:
        if name in (shortcut["name"], shortcut["callback_id"]):
            return str(shortcut["callback_id"])
    names = ", ".join(s["name"] for s in found) or "none"
    raise ControlError(f"there is no {kind} shortcut {name!r}, only: {names}")


async def global_shortcut(hub: Hub, user: str, name: str) -> Json:
    """Use a global shortcut, from wherever: it carries no channel and no response_url.

    Raises:
        ControlError: the app registered no such shortcut.
    """
    payload = interaction(hub, "shortcut", person(hub, user))
    payload |= {
        "callback_id": _callback(hub, "global", name),
        "action_ts": hub.world.new_ts(),
    }
    return outcome(await hub.courier.deliver(INTERACTIVE, payload))


async def message_shortcut(hub: Hub, user: str, channel: str, ts: str, name: str) -> Json:
    """Use a message shortcut on a message that everybody in the channel sees.

    Raises:
        ControlError: no such shortcut, or the person sees no such message.
    """
    who = person(hub, user)
    where = hub.world.channel_named(channel)
    message = hub.world.message(where.id, ts) if where else None
    if where is None or message is None or message.ephemeral_to is not None:
        raise ControlError(f"{who.name} sees no message {ts} with shortcuts in {channel}")
    if who.id not in where.members:
        raise ControlError(f"{who.name} is not in #{where.name}")
    payload = interaction(hub, "message_action", who)
    payload |= {
        "callback_id": _callback(hub, "message", name),
        "action_ts": hub.world.new_ts(),
        "message_ts": message.ts,
        "channel": {"id": where.id, "name": "directmessage" if where.is_im else where.name},
        "response_url": hub.links.issue("actions", where.id, who.id),
        "message": hub.wire(message, metadata=hub.settings.shortcut_metadata),
    }
    answer = await hub.courier.deliver(INTERACTIVE, payload)
    if answer.status != OK:
        text = f"That did not work: {failure_word(answer)}"
        slackbot_says(hub, who, where, text, message.thread_ts)
    return outcome(answer)
