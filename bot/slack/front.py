"""What the listeners call: the use cases off the event loop, in time for Slack, counted, logged."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from bot.domain.change import ActionKind
from bot.domain.grammar.wish import Wish, wish
from bot.domain.reply import Said
from bot.rendering import forms as drawn
from bot.rendering.escape import FENCE, escape, naming
from bot.slack.form_desk import FormDesk
from bot.slack.form_payload import submission
from bot.slack.in_time import Late, in_time
from bot.slack.metrics import Metrics
from bot.slack.payload import Body, Used, view_of
from bot.slack.shortcuts import Shortcuts
from bot.slack.views import Opener, reject_view
from bot.usecases.click import Click, Clicked
from bot.usecases.form_rights import Asked
from bot.usecases.propose import Ack, AckKind, Propose, Typed
from bot.usecases.turn_page import TurnPage, is_page
from bot.usecases.whisper import Whisper

_log = logging.getLogger(__name__)

DEADLINE_SECONDS = 2.4
"""Slack shows `operation_timeout` at 3.0 s; the rest is for the way back."""

_SPOKEN_WITHIN_SECONDS = 8.0
"""At shutdown, for answers that are being sent; what is cut off is the steward's to send."""

Someone = Typed | Clicked | Asked | Used
"""Whatever a person did, with who and where."""

_OFFER = "Slack opens a form only for a click:"


@dataclass(kw_only=True)
class Front:
    """The use cases behind the listeners.

    Attributes:
        open_modal: asks a person for words.
        pool: threads for them; the store's client is synchronous. 32, as 5 were measured to starve.
        deadline: seconds until a person is told that nothing is known yet.
    """

    propose: Propose
    click: Click
    whisper: Whisper
    metrics: Metrics
    open_modal: Opener
    desk: FormDesk
    shortcuts: Shortcuts
    deadline: float = DEADLINE_SECONDS
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(32, "front"))
    _speaking: set[asyncio.Task[None]] = field(default_factory=set)
    _answering: int = 0

    async def command(self, typed: Typed, trigger: str = "") -> str:
        """Answer a slash command in the words of the ack: what was typed is shown, never obeyed.

        Empty where a form has opened: that is the answer.
        """
        wanted = wish(typed.text, self.propose.suggest)
        with self._busy():
            if wanted is None:
                ack = await self._in_time("command", typed, lambda: self.propose.run(typed))
            else:
                ack = await self._open("command", asked_by(typed, wanted), trigger)
        text = escape(ack.text)
        if (
            ack.kind is AckKind.REFUSED
        ):  # who is in the way is named; what is private notifies nobody
            text = naming(text, None)
        return f"{FENCE}\n{text}\n{FENCE}" if ack.kind is AckKind.HELP else text

    async def mention(self, typed: Typed) -> None:
        """Answer a mention: its ack shows nothing, so the answer goes by the outbox.

        A repeated delivery is answered, too: the first one's process may have died before it spoke.
        The outbox knows what was said already.
        """
        wanted = wish(typed.text, self.propose.suggest)
        with self._busy():
            if wanted is None:
                ack = await self._in_time("mention", typed, lambda: self.propose.run(typed))
            else:
                ack = await self._offer(asked_by(typed, wanted))
        self._whisper(typed, ack, form=wanted.line if wanted and not ack.text else "")

    async def button(self, clicked: Clicked, trigger: str = "") -> None:
        """Carry out a click; a refusal is said in words, and that nobody is there to do it.

        All else the message itself shows.

        A no asks for its reason first, in a modal that `trigger` opens.
        """
        if clicked.action == ActionKind.REJECT:
            await self._ask_why(clicked, trigger)
            return
        run = TurnPage(propose=self.propose.run).run if is_page(clicked.action) else self.click.run
        if clicked.action == drawn.OPEN:
            await self._open_by_button(clicked, trigger)
            return
        with self._busy():
            ack = await self._in_time("button", clicked, lambda: run(clicked))
        if ack.text:
            self._whisper(clicked, ack)

    async def modal(self, submitted: Clicked) -> Ack:
        """Carry out what a modal asks for; what is to be said is shown in it."""
        with self._busy():
            return await self._in_time("modal", submitted, lambda: self.click.run(submitted))

    async def form(self, body: Body) -> dict[str, Any]:
        """Return the ack of a submitted form."""
        given, started = submission(body), perf_counter()
        with self._busy():
            ack = await self.desk.submit(given, self._late_for(given.asked))
        told = ack.get("response_action", "")
        kind = AckKind.ERROR if told == "errors" else AckKind.ACCEPTED
        verb = given.asked.wish.verb.value
        done = Ack(kind=kind, text="", verb=verb, ids=tuple(filter(None, [given.record_id])))
        self._note("form", given.asked, done, perf_counter() - started)
        return ack

    async def offered(self, body: Body) -> list[dict[str, Any]]:
        """Return what a menu of a form offers."""
        name, query = str(body.get("action_id")), str(body.get("value") or "")
        with self._busy():
            return await self.desk.offered(submission(body), name, query)

    async def button_in_view(self, body: Body) -> None:
        """Carry out a click in a modal: to look again is all there is."""
        given = submission(body)
        if given.record_id and body["actions"][0].get("action_id") == drawn.LOOK:
            with self._busy():
                await self.desk.look(given.asked, given.record_id, view_of(body))

    async def shortcut(self, used: Used, trigger: str) -> None:
        """Carry out a shortcut; where that cannot be, a modal says why."""
        started = perf_counter()
        with self._busy():
            ack = await self.shortcuts.use(used, trigger)
        self._note("shortcut", used, ack, perf_counter() - started)

    async def _open(self, source: str, asked: Asked, trigger: str) -> Ack:
        started = perf_counter()
        ack = await self.desk.open(asked, trigger)
        self._note(source, asked, ack, perf_counter() - started)
        return ack

    async def _open_by_button(self, clicked: Clicked, trigger: str) -> None:
        """Open the form that a mention was answered with: for whoever clicks, by their rights."""
        wanted = wish(clicked.value)
        if wanted is None:
            ack = Ack(kind=AckKind.ERROR, text="That button is not known any more.")
        else:
            asked = Asked(
                wish=wanted, by=clicked.by, place=clicked.place, delivery=clicked.delivery
            )
            with self._busy():
                ack = await self._open("button", asked, trigger)
        if ack.text:
            self._whisper(clicked, ack)

    async def _offer(self, asked: Asked) -> Ack:
        """Return no text where a button may be offered: the form is made when it is clicked."""
        started = perf_counter()
        made = await self.desk.check(asked)
        verb = asked.wish.verb.value
        ack = made if isinstance(made, Ack) else Ack(kind=AckKind.HELP, text="", verb=verb)
        self._note("mention", asked, ack, perf_counter() - started)
        return ack

    async def _ask_why(self, clicked: Clicked, trigger: str) -> None:
        """Open the modal, for who may say no; where it does not open, name the command."""
        ends = perf_counter() + self.deadline
        with self._busy():
            ack = await self._in_time("button", clicked, lambda: self.click.check(clicked))
            opened = not ack.text and await self._opens(clicked, trigger, ends - perf_counter())
        if ack.text:
            self._whisper(clicked, ack)
        elif not opened:
            typed = f"{self.propose.name} reject {clicked.value} REASON"
            text = f"Slack did not open the window for your reason. Type `{typed}` instead."
            self._whisper(clicked, Ack(kind=AckKind.UNAVAILABLE, text=text))

    async def _opens(self, clicked: Clicked, trigger: str, seconds: float) -> bool:
        """Open the modal in what is left of the time: the ack waits, and the trigger expires."""
        try:
            opening = self.open_modal(trigger, reject_view(clicked.value))
            return await asyncio.wait_for(opening, seconds)
        except TimeoutError:
            return False

    async def quiet(self) -> None:
        """Wait, within limits, for a moment in which nobody waits for an answer."""
        ends = perf_counter() + self.deadline
        while self._answering and perf_counter() < ends:  # noqa: ASYNC110 - once, at the end
            await asyncio.sleep(0.02)

    async def finish(self) -> None:
        """Wait, within limits, for the answers under way; called once nothing new is taken."""
        await self.quiet()
        self.desk.stop()
        if self._speaking:
            await asyncio.wait(self._speaking, timeout=_SPOKEN_WITHIN_SECONDS)
        self.pool.shutdown(wait=False, cancel_futures=True)

    async def _in_time(self, source: str, asked: Typed | Clicked, work: Callable[[], Ack]) -> Ack:
        started = perf_counter()
        ack = await in_time(
            self.pool,
            work,
            within=self.deadline,
            away=self.propose.away(),
            late=self._late_for(asked),
        )
        self._note(source, asked, ack, perf_counter() - started)
        return ack

    def _late_for(self, asked: Typed | Clicked | Asked) -> Late:
        return lambda answer: self._later(self._say_late(asked, answer))

    async def _say_late(self, asked: Typed | Clicked | Asked, answer: Awaitable[Ack]) -> None:
        """Correct "could not record" when in the end it was recorded."""
        ack = await answer
        if ack.kind is AckKind.ACCEPTED and ack.text:
            late = Said(text=f"It was recorded after all. {ack.text}")
            await self._spoken(asked, late, f"late:{asked.delivery}")

    def _whisper(self, asked: Typed | Clicked, ack: Ack, form: str = "") -> None:
        said = Said(text=ack.text, as_block=ack.kind is AckKind.HELP)
        if form:
            said = Said(text=f"{_OFFER} `{self.propose.name} {form}`", form=form)
        self._later(self._spoken(asked, said, asked.delivery))

    async def _spoken(self, asked: Typed | Clicked | Asked, said: Said, delivery: str) -> None:
        def speak() -> None:
            self.whisper.run(asked.place, asked.by, delivery, said)

        await asyncio.get_running_loop().run_in_executor(self.pool, speak)

    def _later(self, speaking: Coroutine[Any, Any, None]) -> None:
        """Speak after the ack.

        What is lost with this process stands in the outbox and is sent by the steward.
        """
        task = asyncio.get_running_loop().create_task(_logged(speaking))
        self._speaking.add(task)
        task.add_done_callback(self._speaking.discard)

    def _note(self, source: str, asked: Someone, ack: Ack, seconds: float) -> None:
        """Write the one line that tells what became of a command: ids, never what was typed."""
        self.metrics.count(source, ack, seconds)
        _log.info(
            "%s answered",
            source,
            extra={
                "source": source,
                "verb": ack.verb or None,
                "outcome": ack.kind.value,
                "ids": list(ack.ids),
                "team": asked.by.team,
                "user": asked.by.user,
                "channel": asked.place.channel,
                "ms": round(seconds * 1000, 1),
            },
        )

    @contextmanager
    def _busy(self) -> Iterator[None]:
        self._answering += 1
        try:
            yield
        finally:
            self._answering -= 1


def asked_by(typed: Typed, wanted: Wish) -> Asked:
    """Return the form that a typed line asks for."""
    return Asked(wish=wanted, by=typed.by, place=typed.place, delivery=typed.delivery)


async def _logged(speaking: Coroutine[Any, Any, None]) -> None:
    try:
        await speaking
    except Exception:  # noqa: BLE001  nobody awaits this; the steward sends what was not
        _log.exception("an answer could not be sent")
