"""Control verbs that make and change people, channels and user groups."""

from playground.workspace.errors import ControlError
from playground.workspace.hub import Hub
from playground.workspace.records import Channel, Group, Json, Person


def _channel(hub: Hub, reference: str) -> Channel:
    channel = hub.world.channel_named(reference)
    if channel is None:
        raise ControlError(f"there is no channel {reference!r}")
    return channel


def _members(hub: Hub, references: list[str]) -> list[str]:
    found = []
    for reference in references:
        person = hub.world.person_named(reference)
        if person is None:
            raise ControlError(f"nobody is called {reference!r}")
        found.append(person.id)
    return found


async def create_user(hub: Hub, body: Json) -> Json:
    """Add a person, to no channel yet."""
    name = str(body["name"])
    if hub.world.person_named(name) is not None:
        raise ControlError(f"{name!r} is taken")
    number = str(body.get("id") or hub.world.new_id("U"))
    hub.world.people[number] = Person(number, name, str(body.get("real_name") or name.title()))
    hub.world.touch()
    return {"id": number}


async def deactivate(hub: Hub, body: Json) -> Json:
    """Deactivate a person's account, or bring it back with `deactivated: false`."""
    (number,) = _members(hub, [body["user"]])
    hub.world.people[number].deleted = bool(body.get("deactivated", True))
    hub.world.touch()
    return {"id": number}


async def create_channel(hub: Hub, body: Json) -> Json:
    """Add a channel; members default to everybody, the bot included."""
    name = str(body["name"]).removeprefix("#")
    if hub.world.channel_named(name) is not None:
        raise ControlError(f"#{name} is taken")
    number = str(body.get("id") or hub.world.new_id("C"))
    asked = body.get("members")
    everybody = [person.id for person in hub.world.people.values()]
    members = everybody if asked is None else _members(hub, asked)
    private = bool(body.get("private", False))
    hub.world.channels[number] = Channel(number, name, members, is_private=private)
    hub.world.touch()
    return {"id": number}


async def create_group(hub: Hub, body: Json) -> Json:
    """Add a user group, or replace the members of an existing one."""
    handle = str(body["handle"]).removeprefix("@")
    users = _members(hub, body.get("users", []))
    group = hub.world.group_named(handle)
    if group is None:
        number = str(body.get("id") or hub.world.new_id("S"))
        group = Group(number, handle, users)
        hub.world.groups[number] = group
    group.users = users
    group.disabled = bool(body.get("disabled", False))
    hub.world.touch()
    return {"id": group.id}


async def archive(hub: Hub, body: Json) -> Json:
    """Archive a channel, or bring it back with `archived: false`."""
    channel = _channel(hub, body["channel"])
    channel.is_archived = bool(body.get("archived", True))
    hub.world.touch()
    return {"id": channel.id}


async def invite(hub: Hub, body: Json) -> Json:
    """Put somebody into a channel; the bot by default."""
    channel = _channel(hub, body["channel"])
    for member in _members(hub, [body.get("user") or hub.settings.bot_user]):
        if member not in channel.members:
            channel.members.append(member)
    hub.world.touch()
    return {"members": channel.members}


async def remove(hub: Hub, body: Json) -> Json:
    """Take somebody out of a channel; the bot by default."""
    channel = _channel(hub, body["channel"])
    for member in _members(hub, [body.get("user") or hub.settings.bot_user]):
        if member in channel.members:
            channel.members.remove(member)
    hub.world.touch()
    return {"members": channel.members}


async def delete_message(hub: Hub, body: Json) -> Json:
    """Delete any message, as an administrator may."""
    channel = _channel(hub, body["channel"])
    message = hub.world.message(channel.id, str(body["ts"]))
    if message is None:
        raise ControlError("there is no such message")
    message.deleted = True
    hub.world.touch(message)
    return {"ts": message.ts}
