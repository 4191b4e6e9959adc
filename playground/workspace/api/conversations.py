"""conversations.history, replies, info, open, members and list; reactions.add and remove."""

import base64
import binascii

from playground.workspace.api.method import Method, channel_of, tier
from playground.workspace.arguments import Arguments
from playground.workspace.errors import SlackError
from playground.workspace.hub import Hub
from playground.workspace.records import Channel, Json, Message

LIMIT_MAX = 999


def _readable(hub: Hub, args: Arguments) -> Channel:
    channel = channel_of(hub, args.required("channel"))
    if hub.settings.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _limit(args: Arguments, default: int) -> int:
    limit = args.number("limit", default)
    if not 1 <= limit <= LIMIT_MAX:
        raise SlackError("invalid_limit")
    return limit


def _cursor(args: Arguments) -> int:
    cursor = args.text("cursor")
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None


def _within(message: Message, args: Arguments) -> bool:
    """Whether the timestamp lies between oldest and latest; the ends count if `inclusive`."""
    ts = float(message.ts)
    oldest = float(args.text("oldest") or 0)
    latest = float(args.text("latest") or "inf")
    if args.flag("inclusive"):
        return oldest <= ts <= latest
    return oldest < ts < latest


def _page(hub: Hub, args: Arguments, messages: list[Message]) -> Json:
    limit, start = _limit(args, 100), _cursor(args)
    chosen = messages[start : start + limit]
    more = start + limit < len(messages)
    metadata = args.flag("include_all_metadata")
    page: Json = {
        "messages": [hub.wire(message, metadata=metadata) for message in chosen],
        "has_more": more,
    }
    if more:
        cursor = base64.b64encode(f"next:{start + limit}".encode()).decode()
        page["response_metadata"] = {"next_cursor": cursor}
    return page


def history(hub: Hub, args: Arguments) -> Json:
    """List a channel newest first: parents, and the replies that were broadcast."""
    channel = _readable(hub, args)
    shown = [
        message
        for message in hub.world.in_channel(channel.id)
        if (not message.is_reply or message.broadcast) and _within(message, args)
    ]
    return _page(hub, args, shown[::-1]) | {"pin_count": 0}


def replies(hub: Hub, args: Arguments) -> Json:
    """List a thread oldest first, its parent always at the top."""
    channel = _readable(hub, args)
    asked = hub.world.message(channel.id, args.required("ts"))
    if asked is None or asked.ephemeral_to is not None:
        raise SlackError("thread_not_found")
    thread = hub.world.thread(channel.id, asked.thread_ts or asked.ts)
    shown = [m for m in thread if not m.is_reply or _within(m, args)]
    return _page(hub, args, shown)


def info(hub: Hub, args: Arguments) -> Json:
    """Describe a channel, `is_member` included; each kind takes a scope of its own.

    Raises:
        SlackError: channel_not_found, missing_scope.
    """
    channel = channel_of(hub, args.required("channel"))
    scope = SCOPE_OF[_kind(channel)]
    if scope not in hub.settings.scopes:
        provided = ",".join(hub.settings.scopes)
        raise SlackError("missing_scope", extra={"needed": scope, "provided": provided})
    return {"channel": channel.wire(hub.settings.bot_user, int(hub.world.clock()))}


def open_direct(hub: Hub, args: Arguments) -> Json:
    """Open the direct message with one person."""
    users = args.words("users")
    if len(users) != 1:
        raise SlackError("users_list_not_supplied" if not users else "not_enough_users")
    return {"channel": {"id": hub.world.direct_channel(users[0]).id}}


def members(hub: Hub, args: Arguments) -> Json:
    """List the members of a channel."""
    channel = channel_of(hub, args.required("channel"))
    return {"members": list(channel.members), "response_metadata": {"next_cursor": ""}}


def list_channels(hub: Hub, args: Arguments) -> Json:
    """List the channels the bot may see, in one page."""
    kinds = args.words("types") or ["public_channel"]
    bot = hub.settings.bot_user
    shown = [
        channel.wire(bot, int(hub.world.clock()))
        for channel in hub.world.channels.values()
        if _kind(channel) in kinds
        and (not channel.is_private or bot in channel.members)
        and not (args.flag("exclude_archived") and channel.is_archived)
    ]
    return {"channels": shown, "response_metadata": {"next_cursor": ""}}


def _kind(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def _reacted(hub: Hub, args: Arguments) -> tuple[Message, list[str]]:
    channel = channel_of(hub, args.required("channel"))
    message = hub.world.message(channel.id, args.required("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    return message, message.reactions.get(args.required("name"), [])


def react(hub: Hub, args: Arguments) -> Json:
    """Put an emoji on a message."""
    message, users = _reacted(hub, args)
    if hub.settings.bot_user in users:
        raise SlackError("already_reacted")
    message.reactions[args.required("name")] = [*users, hub.settings.bot_user]
    hub.world.touch(message)
    return {}


def unreact(hub: Hub, args: Arguments) -> Json:
    """Take an emoji off a message."""
    message, users = _reacted(hub, args)
    if hub.settings.bot_user not in users:
        raise SlackError("no_reaction")
    users.remove(hub.settings.bot_user)
    if not users:
        del message.reactions[args.required("name")]
    hub.world.touch(message)
    return {}


HISTORY = ("channels:history", "groups:history", "im:history")
SCOPE_OF = {"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read"}
READ = tuple(SCOPE_OF.values())
METHODS = (
    Method("conversations.history", history, tier(3), HISTORY),
    Method("conversations.replies", replies, tier(3), HISTORY),
    Method("conversations.info", info, tier(3), READ),
    Method("conversations.open", open_direct, tier(3), ("im:write",)),
    Method("conversations.members", members, tier(4), READ),
    Method("conversations.list", list_channels, tier(2), READ),
    Method("reactions.add", react, tier(3), ("reactions:write",)),
    Method("reactions.remove", unreact, tier(2), ("reactions:write",)),
)
