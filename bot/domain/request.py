"""What a person asked.

The part of every record that is written before the ack and never changes.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.jsontypes import JsonObject


class Source(StrEnum):
    """The way by which a command came in."""

    SLASH = "slash"
    MENTION = "mention"
    BUTTON = "button"
    FORM = "form"


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """A person, by ids only: names can be chosen, ids cannot (Slack: `team_id` + `user_id`)."""

    team: str
    user: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a command was typed, and where a private answer can go.

    Attributes:
        channel: Slack's channel id.
        thread_ts: the thread's parent, when the command came by a mention in a thread.
        response_url: usable 5 times in 30 minutes (Slack docs, handling user interaction); None
            after a mention.
        in_form: the private answer is shown in the form that asked: it is sent nowhere.
    """

    channel: str
    thread_ts: str | None = None
    response_url: str | None = None
    in_form: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """An accepted command.

    Attributes:
        id: unique; also the id of the rollout, change, action or query that it becomes, and the one
            that the ack shows.
        cluster: the swarm it is for.
        by: who asked.
        place: where.
        source: how it came in.
        line: the understood line as it may be shown to others: env values are hidden in it.
        command: `Command.to_json()`; may hold secrets, never shown.
        accepted_at: aware UTC.
        again_of: id of the void request for approval in whose place it was made; empty for most.
        expects: fingerprint of the plan that the person was shown before: another one is refused.
    """

    id: str
    cluster: str
    by: Principal
    place: Place
    source: Source
    line: str
    command: JsonObject
    accepted_at: datetime
    again_of: str = ""
    expects: str = ""
