"""A channel's own wish to hear of some services, beside what the policy says."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from bot.domain.policy import NotifyOn


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """One pattern in one channel.

    Attributes:
        id: follows from cluster, channel and pattern, so that saying it again changes it.
        pattern: a glob for names of services, such as `web*`.
        on: what the channel wants to hear of.
        by: Slack id of who asked for it last.
        ended_at: when it was taken back; None while it holds.
    """

    id: str
    cluster: str
    channel: str
    pattern: str
    on: frozenset[NotifyOn]
    by: str
    since: datetime
    ended_at: datetime | None = None


def subscription_id(cluster: str, channel: str, pattern: str) -> str:
    """Return the id of the subscription of a channel to a pattern."""
    text = f"{cluster}\n{channel}\n{pattern}"
    return f"s-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
