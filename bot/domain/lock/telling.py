"""What is said of a lock: one value an event; the rendering makes the text."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.lock.record import Lock


class LockNews(StrEnum):
    """The events, and who hears of each."""

    ASKED = "asked"  # the channel's one message, before it is known whether it can be locked
    WITHDRAWN = "withdrawn"  # the same: somebody else was first
    SHOWN = "shown"  # the channel: its one message, kept current
    ENDED = "ended"  # the channel: unlocked, taken away, or its time is up
    FREE = "free"  # who waited
    TAKEN = "taken"  # its owner: somebody else ended it
    NAG = "nag"  # its owner: it was perhaps forgotten


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One thing to say.

    Attributes:
        lock: as it stands now.
        now: for how long it has been so.
        to: the one person who reads it; None: a channel.
    """

    news: LockNews
    lock: Lock
    now: datetime
    to: str | None = None
