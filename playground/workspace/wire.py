"""Slack's JSON form of a stored message."""

from playground.workspace.cast import SLACKBOT_ID
from playground.workspace.records import Json, Message
from playground.workspace.settings import Settings
from playground.workspace.world import World


def message_wire(
    message: Message,
    world: World,
    settings: Settings,
    base_url: str,
    *,
    metadata: bool = True,
) -> Json:
    """Return the message object of chat.postMessage, conversations.history and payloads.

    `metadata` is left out unless asked for, as by `include_all_metadata` in a history.
    """
    shape: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": settings.team_id,
    }
    if message.user == settings.bot_user:
        shape |= _as_bot(settings)
    if message.user == SLACKBOT_ID:
        shape["bot_id"] = "B01"
    if message.blocks:
        shape["blocks"] = message.blocks
    if message.attachments:
        shape["attachments"] = message.attachments
    if message.broadcast:
        shape["subtype"] = "thread_broadcast"
    if message.edited_mark is not None:
        shape["edited"] = {"user": message.user, "ts": f"{message.edited_mark:.6f}"}
    if message.metadata is not None and metadata:
        shape["metadata"] = message.metadata
    if message.files:
        shape["files"] = [world.files[name].wire(base_url) for name in message.files]
        shape["upload"] = True
    if message.reactions:
        shape["reactions"] = [
            {"name": name, "users": users, "count": len(users)}
            for name, users in message.reactions.items()
        ]
    return shape | _thread_part(message, world)


def _as_bot(settings: Settings) -> Json:
    return {
        "bot_id": settings.bot_id,
        "app_id": settings.app_id,
        "bot_profile": {
            "id": settings.bot_id,
            "app_id": settings.app_id,
            "name": settings.bot_name,
            "team_id": settings.team_id,
            "deleted": False,
        },
    }


def _thread_part(message: Message, world: World) -> Json:
    if message.is_reply:
        return {"thread_ts": message.thread_ts}
    replies = [m for m in world.thread(message.channel, message.ts) if m.ts != message.ts]
    if not replies:
        return {}
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": sorted({reply.user for reply in replies}),
        "reply_users_count": len({reply.user for reply in replies}),
        "latest_reply": replies[-1].ts,
    }
