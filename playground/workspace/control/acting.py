"""Control verbs for what people do."""

from playground.workspace.acts import clicks, commands, messages, modals, shortcuts, suggestions
from playground.workspace.hub import Hub
from playground.workspace.records import Json


async def type_command(hub: Hub, body: Json) -> Json:
    """Type a slash command as a person; answers with what that person saw."""
    return await commands.type_command(hub, body["user"], body["channel"], body["line"])


async def say(hub: Hub, body: Json) -> Json:
    """Write a message, in a thread if `thread_ts` is given."""
    thread = body.get("thread_ts")
    return messages.say(hub, body["user"], body["channel"], body["text"], thread)


async def open_home(hub: Hub, body: Json) -> Json:
    """Open the app's home tab."""
    return messages.open_home(hub, body["user"])


def _click(body: Json) -> clicks.Click:
    return clicks.Click(
        user=body["user"],
        channel=body.get("channel", ""),
        ts=body.get("ts", ""),
        action_id=body.get("action_id"),
        text=body.get("text"),
        value=body.get("value"),
        confirm=bool(body.get("confirm", True)),
        stale=bool(body.get("stale", False)),
    )


async def click(hub: Hub, body: Json) -> Json:
    """Click a button of a message."""
    return await clicks.click(hub, _click(body))


async def click_view(hub: Hub, body: Json) -> Json:
    """Click an element of a modal or home tab."""
    return await modals.click_in_view(hub, _click(body), body.get("view_id"))


async def submit_view(hub: Hub, body: Json) -> Json:
    """Submit a modal with values by action_id."""
    return await modals.submit(hub, body["user"], body.get("view_id"), body.get("values", {}))


async def close_view(hub: Hub, body: Json) -> Json:
    """Close a modal."""
    return await modals.close(hub, body["user"], body.get("view_id"))


async def suggest(hub: Hub, body: Json) -> Json:
    """Type into an external menu of a modal; answers with the options that the app offers."""
    query = str(body.get("query", ""))
    view = body.get("view_id")
    return await suggestions.suggest(hub, body["user"], body["action_id"], query, view)


async def global_shortcut(hub: Hub, body: Json) -> Json:
    """Use a global shortcut, by its name or callback_id."""
    return await shortcuts.global_shortcut(hub, body["user"], body["name"])


async def message_shortcut(hub: Hub, body: Json) -> Json:
    """Use a shortcut on a message, by its name or callback_id."""
    where = (body["user"], body["channel"], body["ts"])
    return await shortcuts.message_shortcut(hub, *where, body["name"])
