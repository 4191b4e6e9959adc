"""Whose turn it is while a flush lasts: the line before a token, and one turn for each thread."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

_LONGEST_TURN: Final = timedelta(minutes=1)
_TOKEN: Final = timedelta(seconds=1.5)
"""The rarest token of those that many wait for, an edit's, comes so often."""

_URGENT_PLACES: Final = 5
"""Who is urgent comes back after so many tokens at most. Were there no places at all, two hundred
ends would be looked at again with each token, and what needs another token would not be reached."""


@dataclass
class Turns:
    """What one flush remembers.

    Attributes:
        waiting: how many have found no token, by method and channel.
        threads: those of which a row was said before its turn, as others wait for it.
    """

    waiting: Counter[tuple[str, str]] = field(default_factory=Counter)
    threads: set[str] = field(default_factory=set)

    def behind(self, token: tuple[str, str], wait: timedelta, *, urgent: bool) -> timedelta:
        """Return after how long to come back for a token that is there after `wait`.

        Those who wait get a place in the line, so that they do not all come back at once. A long
        wait is a pause that Slack asked for: the line begins behind it.
        """
        self.waiting[token] += 1
        place = min(self.waiting[token], _URGENT_PLACES) if urgent else self.waiting[token]
        return min(wait + min(wait, _TOKEN) * (place - 1), max(wait, _LONGEST_TURN))
