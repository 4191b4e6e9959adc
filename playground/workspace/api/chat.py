"""chat.postMessage, postEphemeral, update, delete and getPermalink."""

from playground.workspace.api.method import (
    Method,
    channel_of,
    own_message,
    tier,
    writable_channel,
)
from playground.workspace.arguments import Arguments
from playground.workspace.content import (
    TRUNCATED,
    UPDATE_TEXT_MAX,
    Content,
    read_content,
    with_ids,
)
from playground.workspace.errors import SlackError
from playground.workspace.hub import Hub
from playground.workspace.records import EPHEMERAL, POSTED, Channel, Json, Message


def _new_message(hub: Hub, channel: Channel, content: Content, origin: str) -> Message:
    return Message(
        channel=channel.id,
        ts=hub.world.new_ts(),
        user=hub.settings.bot_user,
        text=content.text or "",
        at=hub.world.clock(),
        origin=origin,
        blocks=with_ids(content.blocks, hub.world),
        attachments=content.attachments or [],
        metadata=content.metadata,
    )


def thread_parent(hub: Hub, channel: Channel, thread_ts: str) -> str | None:
    """Return the timestamp of the thread to reply in; a reply's own thread is its parent's.

    Raises:
        SlackError: thread_not_found when no such message exists. (Slack's page of
            chat.postMessage names no error for it; the word is conversations.replies'.)
    """
    if not thread_ts:
        return None
    parent = hub.world.message(channel.id, thread_ts)
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


def post_message(hub: Hub, args: Arguments) -> Json:
    """Post to a channel, a thread or a direct message."""
    channel = writable_channel(hub, args.required("channel"))
    content = read_content(args)
    if content.empty:
        raise SlackError("no_text")
    message = _new_message(hub, channel, content, POSTED)
    message.thread_ts = thread_parent(hub, channel, args.text("thread_ts"))
    message.broadcast = message.thread_ts is not None and args.flag("reply_broadcast")
    hub.world.add(message)
    answer: Json = {"channel": channel.id, "ts": message.ts, "message": hub.wire(message)}
    if content.truncated:
        answer["response_metadata"] = {"messages": [TRUNCATED], "warnings": ["message_truncated"]}
    return answer


def post_ephemeral(hub: Hub, args: Arguments) -> Json:
    """Show a message to one member of a channel; it is in no history."""
    channel = writable_channel(hub, args.required("channel"))
    user = args.required("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = read_content(args)
    if content.empty:
        raise SlackError("no_text")
    message = _new_message(hub, channel, content, EPHEMERAL)
    message.ephemeral_to = user
    message.thread_ts = thread_parent(hub, channel, args.text("thread_ts"))
    hub.world.add(message)
    return {"message_ts": message.ts}


def update(hub: Hub, args: Arguments) -> Json:
    """Change an own message: text alone removes its blocks, omitted metadata stays."""
    channel = channel_of(hub, args.required("channel"))
    if channel.is_archived:
        raise SlackError("is_inactive")
    message = own_message(hub, channel, args.required("ts"), "cant_update_message")
    content = read_content(args)
    if len(args.text("text")) > UPDATE_TEXT_MAX:
        raise SlackError("msg_too_long")
    if args.flag("reply_broadcast"):
        return _broadcast_later(hub, message, content)
    if content.text is None and content.blocks is None and content.attachments is None:
        if content.metadata is None:
            raise SlackError("no_text")
    else:
        _rewrite(hub, message, content)
    if content.metadata is not None:
        message.metadata = content.metadata
    hub.world.revise(message)
    return _updated(hub, message)


def _rewrite(hub: Hub, message: Message, content: Content) -> None:
    cleared = [] if content.text is not None else message.blocks
    blocks = cleared if content.blocks is None else with_ids(content.blocks, hub.world)
    text = message.text if content.text is None else content.text
    attachments = message.attachments if content.attachments is None else content.attachments
    if text == "" and not blocks and not attachments:
        raise SlackError("no_text")
    message.text, message.blocks, message.attachments = text, blocks, attachments
    if not message.blocks:
        message.edited_mark = hub.world.clock()


def _broadcast_later(hub: Hub, message: Message, content: Content) -> Json:
    if not content.empty:
        raise SlackError("no_dual_broadcast_content_update")
    if not message.is_reply:
        raise SlackError("cant_broadcast_message")
    message.broadcast = True
    hub.world.revise(message)
    return _updated(hub, message)


def _updated(hub: Hub, message: Message) -> Json:
    wire = hub.wire(message)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": wire}


def delete(hub: Hub, args: Arguments) -> Json:
    """Delete an own message."""
    channel = channel_of(hub, args.required("channel"))
    message = own_message(hub, channel, args.required("ts"), "cant_delete_message")
    message.deleted = True
    hub.world.touch(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(hub: Hub, args: Arguments) -> Json:
    """Return the address of a message, with its thread in the query as Slack has it."""
    channel = channel_of(hub, args.required("channel"))
    message = hub.world.message(channel.id, args.required("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    link = f"{hub.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


WRITE = ("chat:write",)
METHODS = (
    Method("chat.postMessage", post_message, None, WRITE, posts=True),
    Method("chat.postEphemeral", post_ephemeral, tier(4), WRITE),
    Method("chat.update", update, tier(3), WRITE),
    Method("chat.delete", delete, tier(3), WRITE),
    Method("chat.getPermalink", get_permalink),
)
