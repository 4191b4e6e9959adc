"""A rate budget that gives every token, unless it was told to wait."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class FakeBudget:
    """Implements `bot.ports.Budget`, without limits of its own.

    Attributes:
        taken: (method, channel) of every token given.
    """

    taken: list[tuple[str, str]] = field(default_factory=list)
    _until: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def take(self, method: str, channel: str, now: datetime, *, urgent: bool = False) -> timedelta:
        until = self._until.get((method, channel), now)
        if until > now:
            return until - now
        self.taken.append((method, channel))
        return timedelta(0)

    def penalize(self, method: str, channel: str, until: datetime) -> None:
        self._until[method, channel] = max(until, self._until.get((method, channel), until))

    def give_back(self, method: str, channel: str, now: datetime) -> None:
        del now
        if (method, channel) in self.taken:
            self.taken.remove((method, channel))
