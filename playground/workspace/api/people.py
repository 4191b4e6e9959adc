"""users.info, users.list, usergroups.list and usergroups.users.list."""

from playground.workspace.api.method import Method, tier
from playground.workspace.arguments import Arguments
from playground.workspace.errors import SlackError
from playground.workspace.hub import Hub
from playground.workspace.records import Group, Json


def users_info(hub: Hub, args: Arguments) -> Json:
    """Describe one person."""
    person = hub.world.people.get(args.required("user"))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": person.wire(hub.settings.team_id)}


def users_list(hub: Hub, args: Arguments) -> Json:
    """List everybody, in one page."""
    del args
    everyone = [person.wire(hub.settings.team_id) for person in hub.world.people.values()]
    return {"members": everyone, "response_metadata": {"next_cursor": ""}}


def _shape(group: Group, hub: Hub, *, users: bool) -> Json:
    shape: Json = {
        "id": group.id,
        "team_id": hub.settings.team_id,
        "is_usergroup": True,
        "name": group.handle,
        "handle": group.handle,
        "date_delete": 1 if group.disabled else 0,
        "user_count": len(group.users),
    }
    return shape | {"users": list(group.users)} if users else shape


def groups_list(hub: Hub, args: Arguments) -> Json:
    """List the user groups, with their members if asked."""
    shown = [
        _shape(group, hub, users=args.flag("include_users"))
        for group in hub.world.groups.values()
        if args.flag("include_disabled") or not group.disabled
    ]
    return {"usergroups": shown}


def group_users(hub: Hub, args: Arguments) -> Json:
    """List the ids of a group's members; a disabled group's only if asked."""
    group = hub.world.groups.get(args.required("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    hidden = group.disabled and not args.flag("include_disabled")
    return {"users": [] if hidden else list(group.users)}


METHODS = (
    Method("users.info", users_info, tier(4), ("users:read",)),
    Method("users.list", users_list, tier(2), ("users:read",)),
    Method("usergroups.list", groups_list, tier(2), ("usergroups:read",)),
    Method("usergroups.users.list", group_users, tier(2), ("usergroups:read",)),
)
