"""Asks at a channel's door: what is to be done is said there first, or it is not done.

Where the bot cannot speak, nobody would read of a change, and of its end neither: it is refused.
While Slack does not answer nobody can know; then it is done, and said once Slack is back.

The steward's mouths say the same rows as the jobs do, so another one may be asking just now. What
it hears is the answer for this one, too, and mostly comes within a tenth of a second.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.domain.message import Message
from bot.domain.outbox import is_being_said
from bot.ports import Clock, RecordStore
from bot.usecases.speak import Mouth, closed_door

Rest = Callable[[timedelta], None]
"""Lets so much time pass."""

_LOOK_EVERY: Final = timedelta(milliseconds=50)
_LOOKS: Final = 20
"""A second: a call that takes longer is not waited for in a job, which holds a worker."""


def no_rest(span: timedelta) -> None:
    """Go on at once: for use cases over fakes."""
    del span


@dataclass(frozen=True, kw_only=True)
class Door:
    """Says a first message, and tells what that makes known. All may raise StoreUnavailableError.

    Attributes:
        clock: this process's, as for all rows of the outbox.
    """

    store: RecordStore
    speaker: Mouth
    clock: Clock
    rest: Rest = no_rest

    def waits(self, name: str) -> bool:
        """Return whether there is such a row, neither shown nor given up."""
        row = self._row(name)
        return row is not None and row.sent is None and row.dead is None

    def say(self, name: str) -> object:
        """Say a row; if another mouth is saying it, wait for what that hears, a second at most.

        Returns:
            What became of this process's own attempt (Mouth.flush_one).

        Raises:
            KeyError: there is no such row.
        """
        spoken = self.speaker.flush_one(name)
        for _ in range(_LOOKS):
            if not self.is_asking(name):
                break
            self.rest(_LOOK_EVERY)
        return spoken

    def is_asking(self, name: str) -> bool:
        """Return whether another mouth may be saying the row still: come back for its answer."""
        row = self._row(name)
        return row is not None and is_being_said(row, self.clock.now())

    def closed(self, name: str) -> str | None:
        """Return Slack's word if the row cannot be posted because of its channel, else None."""
        return closed_door(self._row(name))

    def _row(self, name: str) -> Message | None:
        stored = self.store.get(Message, name)
        return stored.value if stored else None
