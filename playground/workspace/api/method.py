"""What a Web API method is: a handler with its limit, scopes and token."""

from collections.abc import Callable
from dataclasses import dataclass

from playground.workspace.arguments import Arguments
from playground.workspace.errors import SlackError
from playground.workspace.hub import Hub
from playground.workspace.limits import TIERS
from playground.workspace.records import Channel, Json, Message

Handler = Callable[[Hub, Arguments], Json]

BOT = "bot"
APP = "app"
NOBODY = "none"


@dataclass(frozen=True)
class Method:
    """One method of the Web API.

    Attributes:
        per_minute: Published calls a minute; None where Slack publishes none.
        scopes: The token needs one of these; empty: none.
        token: BOT, APP, or NOBODY for methods without authentication.
        posts: Whether the per-channel limit of chat.postMessage applies.
    """

    name: str
    handler: Handler
    per_minute: int | None = None
    scopes: tuple[str, ...] = ()
    token: str = BOT
    posts: bool = False


def tier(number: int) -> int:
    """Return the calls a minute of a published tier, 1 to 4."""
    return TIERS[number]


def channel_of(hub: Hub, reference: str) -> Channel:
    """Return the channel a bot may see: private ones only as a member.

    Raises:
        SlackError: channel_not_found.
    """
    channel = hub.world.channel_named(reference)
    hidden = channel is not None and channel.is_private
    if channel is None or (hidden and hub.settings.bot_user not in channel.members):
        raise SlackError("channel_not_found")
    return channel


def writable_channel(hub: Hub, reference: str) -> Channel:
    """Return the channel the bot may post to; a user's id means the direct message.

    Raises:
        SlackError: channel_not_found, not_in_channel, is_archived.
    """
    if reference in hub.world.people and reference != hub.settings.bot_user:
        return hub.world.direct_channel(reference)
    channel = channel_of(hub, reference)
    if channel.is_archived:
        raise SlackError("is_archived")
    public = "chat:write.public" in hub.settings.scopes and not channel.is_private
    if hub.settings.bot_user not in channel.members and not public:
        raise SlackError("not_in_channel")
    return channel


def own_message(hub: Hub, channel: Channel, ts: str, refusal: str) -> Message:
    """Return a message of the bot that it may edit or delete.

    Raises:
        SlackError: message_not_found, also for an ephemeral one; `refusal` for another's.
    """
    message = hub.world.message(channel.id, ts)
    if message is None or message.ephemeral_to is not None:
        raise SlackError("message_not_found")
    if message.user != hub.settings.bot_user:
        raise SlackError(refusal)
    return message
