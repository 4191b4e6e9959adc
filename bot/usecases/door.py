"""Asks at a channel's door: what is to be done is said there first, or it is not done.

Where the bot cannot speak, nobody would read of a change, and of its end neither: it is refused.
While Slack does not answer nobody can know; then it is done, and said once Slack is back.

The steward's mouths say the same rows as the jobs do, so another one may be asking just now. What
it hears is the answer for this one, too, and mostly comes within a tenth of a second. Who asks for
longer than outbox.LONGEST_CALL is taken to be dead, and Slack to be away ten seconds after the
message was written.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bot.domain.message import Content, Message
from bot.domain.outbox import content_hash, is_being_said
from bot.ports import Clock, Put, RecordStore
from bot.usecases.speak import OVERTAKEN, Fault, Mouth, closed_door, no_fault

Rest = Callable[[timedelta], None]
"""Lets so much time pass."""

_LOOK_EVERY: Final = timedelta(milliseconds=50)
_LOOKS: Final = 20
"""A second: a call that takes longer is not waited for in a job, which holds a worker."""

WAITED_FOR: Final = timedelta(seconds=10)
"""So long after a first message was written it is come back for; then nobody can know."""


class NotHeardError(Exception):
    """It is not known yet whether the channel is open: nothing else was done; come back."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What is known of a channel's door.

    Attributes:
        closed: Slack's word for why it takes no message; None: it takes one, or nobody can know.
        asking: that will be known soon: another mouth is saying the message, or it stands in line.
    """

    closed: str | None = None
    asking: bool = False


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
    fault: Fault = no_fault

    def waits(self, name: str) -> bool:
        """Return whether there is such a row, neither shown nor given up."""
        row = self._row(name)
        return row is not None and row.sent is None and row.dead is None

    def ask(self, name: str, point: str, *, in_line: bool = False) -> Heard:
        """Say a row if it waits for that, and return what is known then (`heard`).

        Args:
            name: the row's.
            point: the fault point that comes right after it was said.
            in_line: see `heard`.
        """
        if self.waits(name):
            self._say(name)
            self.fault(point)
        return self.heard(name, in_line=in_line)

    def _say(self, name: str) -> None:
        """Say a row; if another mouth is saying it, wait for what that hears, a second at most."""
        self.speaker.flush_one(name)
        for _ in range(_LOOKS):
            row = self._row(name)
            if row is None or not is_being_said(row, self.clock.now()):
                break
            self.rest(_LOOK_EVERY)

    def heard(self, name: str, *, in_line: bool = False) -> Heard:
        """Return what is known by a row, read once.

        Args:
            name: the row's.
            in_line: wait for one, too, that was not tried yet: it stands in line for the rate
                budget, or behind a channel that hangs. For what is told nobody later, if the door
                is closed.
        """
        row, now = self._row(name), self.clock.now()
        if row is None or row.created_at is None or now - row.created_at >= WAITED_FOR:
            return Heard(closed=closed_door(row))
        is_in_line = in_line and row.sent is None and row.dead is None and not row.tries
        return Heard(closed=closed_door(row), asking=is_in_line or is_being_said(row, now))

    def taken_back(self, name: str, content: Content) -> tuple[Put, ...]:
        """Return a first message's row when what it announces is not done after all.

        What nobody can have read is never said.

        Args:
            name: the row's; there may be none.
            content: what the message is to show, if somebody may have read it.
        """
        stored = self.store.get(Message, name)
        if stored is None or stored.value.dead is not None:
            return ()
        row = stored.value
        if row.sent is None and row.posting_since is None and "lost" not in row.extra:
            return (Put(record=replace(row, dead=OVERTAKEN), rev=stored.rev),)
        reworded = replace(row, wanted=content, wanted_hash=content_hash(content), tries=0)
        return (Put(record=reworded, rev=stored.rev),)

    def _row(self, name: str) -> Message | None:
        stored = self.store.get(Message, name)
        return stored.value if stored else None
