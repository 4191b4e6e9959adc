"""The speaker: makes Slack show what the outbox's rows want it to show."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.adapters.hung_places import LATE, HungPlaces
from bot.adapters.thread_order import ThreadOrder
from bot.adapters.turns import Turns
from bot.adapters.utterance import budget_of, budgets_of, look_up, say
from bot.domain import outbox
from bot.domain.message import Message, Sent, Urgency
from bot.domain.outbox import Done, GiveUp, Outcome, Send, Spoken, Wait, Way
from bot.ports import (
    Budget,
    Clock,
    ConflictError,
    Put,
    RecordStore,
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnavailableError,
    SlackWriter,
    Stored,
    Transaction,
    UnreadableRecordError,
)
from bot.usecases.speak import Fault, no_fault

_HOPS: Final = 6
"""Ways and forms to try at once for one row: response_url, ephemeral, direct; blocks, text."""

_AWAY_AFTER: Final = 2
"""Calls in a row that Slack did not answer before a flush leaves the rest for later."""

_RACES: Final = 20
_MENDED_LATER: Final = timedelta(minutes=1)
"""A row that comes after one that cannot be read is tried again so often."""

_PERMALINK: Final = "chat.getPermalink"


class Doorkeeper(Protocol):
    """Hears which rows find their channel's door shut, and which find it open.

    It is asked before the outcome is recorded: after a kill between the two the row is tried, and
    this asked, again. Both may raise StoreUnavailableError.
    """

    def refused(self, row: Message, code: str) -> None:
        """Take note that the row is given up, and of Slack's word for why."""
        ...

    def opened(self, row: Message) -> None:
        """Take note that Slack took the row."""
        ...


class _Nobody:
    """No doors are kept: for a speaker that sends private answers only."""

    def refused(self, row: Message, code: str) -> None:
        """Do nothing."""

    def opened(self, row: Message) -> None:
        """Do nothing."""


class Speaker:
    """Sends outbox rows. Any number of speakers may run: a row is claimed by compare-and-set."""

    def __init__(
        self,
        store: RecordStore,
        writer: SlackWriter,
        budget: Budget,
        clock: Clock,
        doors: Doorkeeper | None = None,
        fault: Fault = no_fault,
    ) -> None:
        self._store = store
        self._writer = writer
        self._budget = budget
        self._clock = clock
        self._doors = doors or _Nobody()
        self._fault = fault
        self._hung = HungPlaces()
        self._order = ThreadOrder(store)

    def flush(self, cluster: str, limit: int = 50) -> int:
        """Send what is due in a cluster, most urgent first; return how many rows were sent.

        A channel that refuses or must wait does not delay the others.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        number_sent, silent = 0, 0
        turns = Turns()
        for row in self._store.due_messages(cluster, self._clock.now(), limit):
            try:
                spoken = self._speak(row, turns)
            except UnreadableRecordError:  # one that it comes after: those behind it go on
                self._put_off(row, self._clock.now() + _MENDED_LATER)
                continue
            number_sent += spoken.outcome is Outcome.SENT
            silent = silent + 1 if _answers(spoken) is False else 0
            if silent >= _AWAY_AFTER:
                break
        return number_sent

    def flush_one(self, message_id: str) -> Spoken:
        """Send one row now, and say what became of it.

        Raises:
            StoreUnavailableError: Redis is away.
            KeyError: there is no such row.
        """
        row = self._store.get(Message, message_id)
        if row is None:
            raise KeyError(message_id)
        return self._speak(row, None)

    def link_to(self, message_id: str) -> str:
        """Return the address of a row's message, empty when it is not shown or Slack is away."""
        row = self._store.get(Message, message_id)
        if row is None or row.value.sent is None or not row.value.sent.ts:
            return ""
        try:
            return self._writer.permalink(row.value.sent.channel, row.value.sent.ts)
        except SlackError:
            return ""  # the message names the id, too: a link is not worth waiting for

    def _speak(
        self, row: Stored[Message], turns: Turns | None, urgency: Urgency = Urgency.PROGRESS
    ) -> Spoken:
        """Say a row, at least so urgently; or what it waits for, and then that is the outcome."""
        for _ in range(_HOPS):
            message = row.value
            urgency = min(urgency, message.urgency)
            match self._order.next_step(message, self._clock.now()):
                case Done():
                    return Spoken(outcome=Outcome.SENT)
                case GiveUp(code=code):
                    if message.dead is None:
                        self._save(row, replace(message, dead=code))
                    return Spoken(outcome=Outcome.REFUSED, code=code)
                case Wait(until=until):
                    self._put_off(row, until)
                    waiting = Spoken(outcome=Outcome.DELAYED, until=until)
                    return self._say_before(message, turns, urgency) or waiting
                case Send() as step:
                    spoken = self._in_turn(row, step, turns, urgency)
            again = None if spoken is not None else self._store.get(Message, message.id)
            if again is None:
                return spoken or Spoken(outcome=Outcome.DELAYED)
            row = again
        return Spoken(outcome=Outcome.DELAYED)

    def _say_before(self, message: Message, turns: Turns | None, urgency: Urgency) -> Spoken | None:
        """Say what a row of a thread waits for, as urgently: else many could keep it from its turn.

        Once a flush for each thread; None: there is nothing to be said.
        """
        thread = message.address.thread_of
        if turns is None or thread is None or thread in turns.threads:
            return None
        turns.threads.add(thread)
        first = self._order.waited_for(message, self._clock.now())
        return None if first is None else self._speak(first, turns, urgency)

    def _in_turn(
        self, row: Stored[Message], step: Send, turns: Turns | None, urgency: Urgency
    ) -> Spoken | None:
        """Try a step, unless another mouth waits there already: a place that hangs holds one.

        Who has one row to say, and no turns, holds up nobody.
        """
        if turns is None:
            return self._try(row, step, Turns(), urgency)
        # the address of an answer is used once
        place = "" if step.way is Way.RESPONSE_URL else step.target
        began = self._clock.now()
        if not self._hung.enter(place, began):
            self._put_off(row, began + outbox.LONGEST_CALL)
            return Spoken(outcome=Outcome.DELAYED, until=began + outbox.LONGEST_CALL)
        answers: bool | None = None
        try:
            spoken = self._try(row, step, turns, urgency)
            late = self._clock.now() - began > LATE
            answers = False if late else _answers(spoken)
        finally:
            self._hung.leave(place, answers=answers)
        return spoken

    def _try(
        self, row: Stored[Message], step: Send, turns: Turns, urgency: Urgency
    ) -> Spoken | None:
        """Carry a step out; None: the row changed and should be looked at again at once."""
        until = self._no_token(step, urgency, turns)
        if until is not None:
            self._put_off(row, until)
            return Spoken(outcome=Outcome.DELAYED, until=until)
        now = self._clock.now()
        if not self._save(row, outbox.claimed(row.value, now)):
            self._give_back(budgets_of(step), now)
            return None
        self._fault("speak.before_call")
        try:
            channel, ts, text_hash = self._say(row.value, step)
        except SlackError as error:
            return self._failed(row.value, step, error)
        self._fault("speak.after_call")
        said = Sent(channel=channel, ts=ts, content_hash=text_hash, at=self._clock.now())
        self._doors.opened(row.value)
        latest = self._settle(row.value.id, lambda m: outbox.sent(m, said, step.way))
        if latest is not None and outbox.wants_link(latest):
            self._learn_link(latest.id, said)
        # A message that was found again shows what was wanted when it was posted.
        stale = latest is None or outbox.due_at(latest) is not None
        return (
            None if stale and text_hash != row.value.wanted_hash else Spoken(outcome=Outcome.SENT)
        )

    def _say(self, message: Message, step: Send) -> tuple[str, str, str]:
        if step.look_up_since is not None:
            found = look_up(self._writer, message.id, step)
            if found is not None:
                return (*found, outbox.lost_hash(message))
        return (*say(self._writer, message.id, step), message.wanted_hash)

    def _learn_link(self, message_id: str, said: Sent) -> None:
        """Ask for the address of a message that others point at.

        Without it they point at nothing; it is asked for again after the next edit.
        """
        now = self._clock.now()
        if self._budget.take(_PERMALINK, "", now) > timedelta(0):
            return
        try:
            link = self._writer.permalink(said.channel, said.ts)
        except SlackRateLimitedError as error:
            self._budget.penalize(_PERMALINK, "", now + error.retry_after)
        except SlackError:
            return
        else:
            self._settle(message_id, lambda m: outbox.with_link(m, said, link))

    def _failed(self, message: Message, step: Send, error: SlackError) -> Spoken | None:
        now = self._clock.now()
        match error:
            case SlackRefusedError(code=code):
                if outbox.refused(message, step, code, now).dead is not None:
                    self._doors.refused(message, code)
                latest = self._settle(message.id, lambda m: outbox.refused(m, step, code, now))
                if latest is None or latest.not_before is None or latest.not_before <= now:
                    return None
                return Spoken(outcome=Outcome.AWAY, code=code, until=latest.not_before)
            case SlackRateLimitedError(retry_after=pause):
                method, channel = budget_of(step) or ("", "")
                if error.method not in {"", method}:  # looked up, or a direct message opened
                    method, channel = error.method, ""
                self._budget.penalize(method, channel, now + pause)
                self._settle(message.id, lambda m: outbox.delayed(m, now + pause))
                return Spoken(outcome=Outcome.DELAYED, until=now + pause)
            case SlackUnavailableError():
                latest = self._settle(message.id, lambda m: outbox.away(m, now))
                return Spoken(outcome=Outcome.AWAY, until=latest.not_before if latest else None)
            case _:
                latest = self._settle(message.id, lambda m: outbox.unanswered(m, step, now))
                return Spoken(outcome=Outcome.UNKNOWN, until=latest.not_before if latest else None)

    def _no_token(self, step: Send, urgency: Urgency, turns: Turns) -> datetime | None:
        """Take a token of the rate budget; if there is none, return when to come back."""
        now, urgent = self._clock.now(), urgency <= Urgency.ANSWER
        taken: list[tuple[str, str]] = []
        for needed in budgets_of(step):
            wait = self._budget.take(*needed, now, urgent=urgent)
            if wait > timedelta(0):
                self._give_back(taken, now)
                return now + turns.behind(needed, wait, urgent=urgent)
            taken.append(needed)
        return None

    def _give_back(self, tokens: Iterable[tuple[str, str]], now: datetime) -> None:
        for token in tokens:
            self._budget.give_back(*token, now)

    def _put_off(self, row: Stored[Message], until: datetime) -> None:
        # Out of the due index, so that it does not hide others. A claimed row is left alone.
        if row.value.posting_since is None and row.value.not_before != until:
            self._save(row, outbox.delayed(row.value, until))

    def _save(self, row: Stored[Message], message: Message) -> bool:
        try:
            self._put(message, row.rev)
        except ConflictError:
            return False
        return True

    def _settle(self, message_id: str, change: Callable[[Message], Message]) -> Message | None:
        """Record an outcome on the newest state of the row: what is wanted may have moved on."""
        for _ in range(_RACES):
            row = self._store.get(Message, message_id)
            if row is None:
                return None
            message = change(row.value)
            if self._save(row, message):
                return message
        return None

    def _put(self, message: Message, rev: int) -> None:
        self._store.commit(
            Transaction(cluster=message.cluster, puts=(Put(record=message, rev=rev),))
        )


def _answers(spoken: Spoken | None) -> bool | None:
    """Tell whether Slack answered a call; None: nothing tells."""
    if spoken is None or spoken.outcome is Outcome.DELAYED:
        return None
    return bool(spoken.code) or spoken.outcome not in {Outcome.AWAY, Outcome.UNKNOWN}
