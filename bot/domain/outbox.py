"""Decisions about an outbox row: is it due, what to do next, what an answer of Slack means."""

from datetime import UTC, datetime

from bot.domain.message import Message, Urgency

EPOCH = datetime.fromtimestamp(0, tz=UTC)


def due_at(message: Message) -> datetime | None:
    """Return since when the row wants to be sent, or None when it shows what it should.

    A row that died with its channel comes to life again when it has something to say that nobody
    may miss and a person to say it to (a direct message).
    """
    if message.sent is not None and message.sent.content_hash == message.wanted_hash:
        return None
    if message.dead is not None and not can_revive(message):
        return None
    return max(message.not_before or EPOCH, message.created_at or EPOCH)


def can_revive(message: Message) -> bool:
    """Return whether a dead row should be said to the requester directly."""
    return (
        message.urgency <= Urgency.HELP
        and message.address.thread_of is None
        and message.extra.get("via") != "dm"
        and requester(message) is not None
    )


def requester(message: Message) -> str | None:
    """Return the Slack user for whom the message is, as its metadata (or `extra`) names them."""
    payload = (message.wanted.metadata or {}).get("event_payload", {})
    who = message.extra.get("requester") or payload.get("requester")
    return who if isinstance(who, str) and who else None
