"""The outbox's rows: what the channel should show, and what it is known to show.

State is written first. A row is level-triggered: it holds the wanted content and what was last
sent, and the speaker makes the two equal. So edits coalesce by themselves (newest state wins), and
a kill between write and post loses nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from bot.domain.jsontypes import JsonObject


class Urgency(IntEnum):
    """Lower goes first."""

    FINAL = 0
    HELP = 1
    ANSWER = 2
    NORMAL = 3
    PROGRESS = 4


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a message shows.

    Attributes:
        text: the whole state in plain text (screen readers read only this); at most 4,000
            characters.
        blocks: Block Kit, may be empty.
        metadata: Slack message metadata {event_type, event_payload}, or None.
        file_name: when set, `file_text` is sent as a file with `text` as its comment (too long for
            a message).
    """

    text: str
    blocks: tuple[JsonObject, ...] = ()
    metadata: JsonObject | None = None
    file_name: str | None = None
    file_text: str | None = None


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a message goes: exactly one way of these.

    Attributes:
        channel: a channel id; for `private_to` the channel in which that person sees it.
        thread_of: id of the outbox row that is the thread's parent; waits until that one has a
            `ts`.
        thread_ts: a thread that is not ours (a mention's).
        broadcast: also show the reply in the channel.
        private_to: only this user sees it (response_url if there is one, else chat.postEphemeral,
            else a direct message).
        response_url: as Slack gave it.
        replaces: what comes by the response_url takes the place of what was clicked on.
    """

    channel: str
    thread_of: str | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    private_to: str | None = None
    response_url: str | None = None
    replaces: bool = False


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What Slack is known to show: `content_hash` of it, and the message's id there.

    `link` is its address for people, where the row asked for it; empty while unknown.
    """

    channel: str
    ts: str
    content_hash: str
    at: datetime
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One row of the outbox.

    Attributes:
        id: `<rollout id>` + `.parent` or `.<n>`; also in the metadata, so that a post of unknown
            outcome can be found again.
        wanted: what it should show now.
        wanted_hash: hash over `wanted`.
        sent: what it shows, None before the first post.
        posting_since: set (and committed) right before a post or edit is sent, cleared with its
            outcome. Still set at a later look = outcome unknown: look it up before posting again.
        not_before: earliest next try.
        tries: failed tries of the present content.
        dead: why it was given up (`is_archived`, …), None while it lives.
        linked: other messages point at it: its address is asked for once it is posted.
    """

    id: str
    cluster: str
    subject: str
    address: Address
    wanted: Content
    wanted_hash: str
    urgency: Urgency = Urgency.NORMAL
    sent: Sent | None = None
    posting_since: datetime | None = None
    not_before: datetime | None = None
    tries: int = 0
    dead: str | None = None
    created_at: datetime | None = None
    final: bool = False
    linked: bool = False
    extra: JsonObject = field(default_factory=dict)
