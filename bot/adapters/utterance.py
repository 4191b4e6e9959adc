"""One step of the outbox as calls of the Slack writer."""

from datetime import timedelta
from typing import Final

from bot.domain.outbox import Send, Way
from bot.ports import Destination, SlackRefusedError, SlackWriter

_SKEW: Final = timedelta(minutes=2)
"""Slack's clock is not ours: how much earlier a lost post is looked for."""


def budget_of(step: Send) -> tuple[str, str] | None:
    """Return (method, channel) of the rate budget that the step needs; None: it is not limited.

    A method that Slack limits for the whole workspace has no channel, so that all share a place.
    """
    if step.way is Way.RESPONSE_URL:
        return None
    if step.content.file_name is not None:
        return ("files.getUploadURLExternal", "")
    if step.edit_ts is not None:
        return ("chat.update", "")
    if step.way is Way.EPHEMERAL:
        return ("chat.postEphemeral", "")
    return ("chat.postMessage", step.target)


def budgets_of(step: Send) -> list[tuple[str, str]]:
    """Return all that the step needs: a lost post is looked up before it is made again."""
    needed = budget_of(step)
    history = "conversations.history" if step.thread_ts is None else "conversations.replies"
    looked_up = [] if step.look_up_since is None else [(history, "")]
    return looked_up + ([] if needed is None else [needed])


def say(writer: SlackWriter, message_id: str, step: Send) -> tuple[str, str]:
    """Make the call; return (channel, ts) of what is shown now, the ts empty if Slack gives none.

    Raises:
        SlackError: any.
    """
    if step.way is Way.RESPONSE_URL:
        writer.respond(step.target, step.content, replace=step.replaces)
        return "", ""
    if step.edit_ts is not None:
        writer.update(step.target, step.edit_ts, step.content)
        return step.target, step.edit_ts
    where = _where(writer, step)
    if step.content.file_name is not None:
        writer.upload(where, step.content)
        return where.channel, ""
    if step.way is Way.EPHEMERAL:
        writer.post_ephemeral(where, step.content)
        return where.channel, ""
    return where.channel, writer.post(where, step.content, message_id=message_id)


def look_up(writer: SlackWriter, message_id: str, step: Send) -> tuple[str, str] | None:
    """Look for a message that may have been posted; return its (channel, ts).

    Where the history may not be read (scope, membership) nothing is found: then a second message
    is better than none.

    Raises:
        SlackError: any but a refusal.
    """
    if step.look_up_since is None:
        return None
    try:
        where = _where(writer, step)
        ts = writer.find(where, message_id, step.look_up_since - _SKEW)
    except SlackRefusedError:
        return None
    return None if ts is None else (where.channel, ts)


def _where(writer: SlackWriter, step: Send) -> Destination:
    channel = writer.open_dm(step.target) if step.way is Way.DM else step.target
    return Destination(
        channel=channel,
        thread_ts=step.thread_ts,
        broadcast=step.broadcast,
        user=step.user if step.way is Way.EPHEMERAL else None,
    )
