"""The control API's view of things: more than any app or person may see."""

import base64
import dataclasses

from playground.workspace.hub import Hub
from playground.workspace.records import Json, Message, Revision


def message_view(hub: Hub, message: Message) -> Json:
    """Return a message with names, its whole history and its files' content."""
    world = hub.world
    author = world.people.get(message.user)
    channel = world.channels[message.channel]
    shape = _shallow(message)
    shape["revisions"] = [_shallow(revision) for revision in message.revisions]
    shape["author"] = author.name if author else message.user
    shape["channel_name"] = channel.name or "direct message"
    shape["files"] = [_file_view(hub, name) for name in message.files]
    return shape


def _shallow(record: Message | Revision) -> Json:
    """Return the fields as they are; `asdict` copies all that is in them, at each look."""
    return {each.name: getattr(record, each.name) for each in dataclasses.fields(record)}


def _file_view(hub: Hub, file_id: str) -> Json:
    stored = hub.world.files[file_id]
    content = base64.b64encode(stored.content or b"").decode()
    return {"id": stored.id, "name": stored.name, "title": stored.title, "content": content}


async def messages(hub: Hub, body: Json) -> Json:
    """Return messages that changed after `since`, waiting up to `wait` seconds for one.

    Deleted and ephemeral ones are among them. `channel` narrows it by id or name.
    """
    since = int(body.get("since", 0))
    await hub.world.wait_past(since, float(body.get("wait", 0)))
    wanted = body.get("channel")
    channel = hub.world.channel_named(str(wanted)) if wanted else None
    shown = [
        message_view(hub, message)
        for message in hub.world.messages
        if message.seq > since and (not wanted or (channel and message.channel == channel.id))
    ]
    return {"seq": hub.world.seq, "messages": shown}


async def state(hub: Hub, body: Json) -> Json:
    """Return people, channels, groups, views and counters."""
    del body
    world = hub.world
    return {
        "people": [dataclasses.asdict(person) for person in world.people.values()],
        "channels": [dataclasses.asdict(channel) for channel in world.channels.values()],
        "groups": [dataclasses.asdict(group) for group in world.groups.values()],
        "shortcuts": list(hub.settings.shortcuts),
        "views": [dataclasses.asdict(view) for view in world.views.values()],
        "broadcast_pings": world.broadcast_pings,
        "connections": len(hub.sockets.connections),
        "connections_opened": hub.sockets.opened,
        "late_answers": len(hub.sockets.late),
        "down": hub.faults.down,
    }


async def calls(hub: Hub, body: Json) -> Json:
    """Return the app's Web API calls, of one `method` if given."""
    wanted = body.get("method")
    return {
        "calls": [dataclasses.asdict(c) for c in hub.calls if wanted in (None, c.method)],
    }


async def deliveries(hub: Hub, body: Json) -> Json:
    """Return what was sent to the app and how it answered."""
    del body
    return {
        "deliveries": [
            {
                "number": delivery.number,
                "kind": delivery.kind,
                "at": delivery.at,
                "payload": delivery.payload,
                "headers": delivery.headers,
                "answers": [dataclasses.asdict(answer) for answer in delivery.answers],
            }
            for delivery in hub.courier.log
        ],
    }
