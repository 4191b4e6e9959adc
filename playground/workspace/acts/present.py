"""Who acts and where, and what the app's answers look like to that person."""

from typing import Any

from playground.workspace.arguments import Arguments
from playground.workspace.cast import SLACKBOT_ID
from playground.workspace.content import read_content, with_ids
from playground.workspace.courier import TIMEOUT, Answer
from playground.workspace.errors import ControlError, SlackError
from playground.workspace.hub import Hub
from playground.workspace.records import ACK, PERSON, SLACKBOT, Channel, Json, Message, Person


def person(hub: Hub, reference: str) -> Person:
    """Find a person.

    Raises:
        ControlError: nobody has that name or id, or who has it is deactivated.
    """
    found = hub.world.person_named(reference)
    if found is None or found.is_bot:
        raise ControlError(f"nobody is called {reference!r}")
    if found.deleted:
        raise ControlError(f"{found.name} is deactivated")
    return found


def place(hub: Hub, reference: str, who: Person) -> Channel:
    """Find a channel a person may write in; `@waggle` is the direct message with the bot.

    Raises:
        ControlError: no such channel, archived, or the person is no member.
    """
    if reference.removeprefix("@") in (hub.settings.bot_user, hub.settings.bot_name):
        return hub.world.direct_channel(who.id)
    channel = hub.world.channel_named(reference)
    if channel is None:
        raise ControlError(f"there is no channel {reference!r}")
    if channel.is_archived:
        raise ControlError(f"#{channel.name} is archived")
    if who.id not in channel.members:
        raise ControlError(f"{who.name} is not in #{channel.name}")
    return channel


def say_as(
    hub: Hub, who: Person, channel: Channel, text: str, thread_ts: str | None = None
) -> Message:
    """Store a message that a person wrote."""
    return hub.world.add(
        Message(
            channel=channel.id,
            ts=hub.world.new_ts(),
            user=who.id,
            text=text,
            at=hub.world.clock(),
            origin=PERSON,
            thread_ts=thread_ts,
        )
    )


def slackbot_says(
    hub: Hub, who: Person, channel: Channel, text: str, thread_ts: str | None = None
) -> Message:
    """Show a person what Slack itself has to say."""
    return hub.world.add(
        Message(
            channel=channel.id,
            ts=hub.world.new_ts(),
            user=SLACKBOT_ID,
            text=text,
            at=hub.world.clock(),
            origin=SLACKBOT,
            thread_ts=thread_ts,
            ephemeral_to=who.id,
        )
    )


def failure_word(answer: Answer) -> str:
    """Return the error a person reads when the app did not answer well."""
    return "operation_timeout" if answer.status == TIMEOUT else "dispatch_failed"


def show_ack(hub: Hub, body: Any, who: Person, channel: Channel) -> Message | None:
    """Show what the app put in its acknowledgement; nothing for an empty one.

    Raises:
        SlackError: what is wrong with its blocks.
    """
    if not body:
        return None
    args = Arguments(body if isinstance(body, dict) else {"text": str(body)})
    content = read_content(args)
    if content.empty:
        raise SlackError("no_text")
    public = args.text("response_type") == "in_channel"
    return hub.world.add(
        Message(
            channel=channel.id,
            ts=hub.world.new_ts(),
            user=hub.settings.bot_user,
            text=content.text or "",
            at=hub.world.clock(),
            origin=ACK,
            blocks=with_ids(content.blocks, hub.world),
            attachments=content.attachments or [],
            ephemeral_to=None if public else who.id,
        )
    )


def outcome(answer: Answer, **more: Any) -> Json:
    """Return an answer as the control API tells it."""
    return {
        "status": answer.status,
        "http_status": answer.http_status,
        "seconds": answer.seconds,
        "body": answer.body,
        **more,
    }
