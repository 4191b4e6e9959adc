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
from bot.rendering.escape import FENCE, escape, naming
from bot.slack.metrics import Metrics
from bot.slack.views import Opener, reject_view
from bot.usecases.click import Click, Clicked
from bot.usecases.propose import Ack, AckKind, Propose, Typed
from bot.usecases.whisper import Whisper

_log = logging.getLogger(__name__)

DEADLINE_SECONDS = 2.4
"""Slack shows `operation_timeout` at 3.0 s; the rest is for the way back."""

_SPOKEN_WITHIN_SECONDS = 8.0
"""At shutdown, for answers that are being sent; what is cut off is the steward's to send."""

_NOT_STARTED = (
    "Waggle has too much to do at the moment: your command was not begun, nothing was changed. "
    "Try again in a few seconds."
)


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
    deadline: float = DEADLINE_SECONDS
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(32, "front"))
    _speaking: set[asyncio.Task[None]] = field(default_factory=set)
    _answering: int = 0

    async def command(self, typed: Typed) -> str:
        """Answer a slash command in the words of the ack: what was typed is shown, never obeyed."""
        with self._busy():
            ack = await self._in_time("command", typed, lambda: self.propose.run(typed))
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
        with self._busy():
            ack = await self._in_time("mention", typed, lambda: self.propose.run(typed))
        self._whisper(typed, ack)

    async def button(self, clicked: Clicked, trigger: str = "") -> None:
        """Carry out a click; only a refusal is said in words, the message itself shows the rest.

        A no asks for its reason first, in a modal that `trigger` opens.
        """
        if clicked.action == ActionKind.REJECT:
            await self._ask_why(clicked, trigger)
            return
        with self._busy():
            ack = await self._in_time("button", clicked, lambda: self.click.run(clicked))
        if ack.text:
            self._whisper(clicked, ack)

    async def modal(self, submitted: Clicked) -> str:
        """Carry out what a modal asks for; return what speaks against it, to be shown in it."""
        with self._busy():
            ack = await self._in_time("modal", submitted, lambda: self.click.run(submitted))
        return ack.text

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

    async def finish(self) -> None:
        """Wait, within limits, for the answers under way; called once nothing new is taken."""
        ends = perf_counter() + self.deadline
        while self._answering and perf_counter() < ends:  # noqa: ASYNC110 - once, at the end
            await asyncio.sleep(0.02)
        if self._speaking:
            await asyncio.wait(self._speaking, timeout=_SPOKEN_WITHIN_SECONDS)
        self.pool.shutdown(wait=False, cancel_futures=True)

    async def _in_time(self, source: str, asked: Typed | Clicked, work: Callable[[], Ack]) -> Ack:
        started = perf_counter()
        job = self.pool.submit(work)
        answer = asyncio.wrap_future(job)
        await asyncio.wait({answer}, timeout=self.deadline)
        if answer.done():
            ack = _result(answer)
        elif job.cancel():
            ack = Ack(kind=AckKind.UNAVAILABLE, text=_NOT_STARTED)
        else:
            ack = Ack(kind=AckKind.UNAVAILABLE, text=self.propose.away())
            self._later(self._say_late(asked, answer))
        self._note(source, asked, ack, perf_counter() - started)
        return ack

    async def _say_late(self, asked: Typed | Clicked, answer: Awaitable[Ack]) -> None:
        """Correct "could not record" when in the end it was recorded."""
        ack = await answer
        if ack.kind is AckKind.ACCEPTED and ack.text:
            late = Ack(kind=ack.kind, text=f"It was recorded after all. {ack.text}")
            await self._spoken(asked, late, f"late:{asked.delivery}")

    def _whisper(self, asked: Typed | Clicked, ack: Ack) -> None:
        self._later(self._spoken(asked, ack, asked.delivery))

    async def _spoken(self, asked: Typed | Clicked, ack: Ack, delivery: str) -> None:
        as_block = ack.kind is AckKind.HELP

        def speak() -> None:
            self.whisper.run(asked.place, asked.by, delivery, ack.text, as_block=as_block)

        await asyncio.get_running_loop().run_in_executor(self.pool, speak)

    def _later(self, speaking: Coroutine[Any, Any, None]) -> None:
        """Speak after the ack.

        What is lost with this process stands in the outbox and is sent by the steward.
        """
        task = asyncio.get_running_loop().create_task(_logged(speaking))
        self._speaking.add(task)
        task.add_done_callback(self._speaking.discard)

    def _note(self, source: str, asked: Typed | Clicked, ack: Ack, seconds: float) -> None:
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


def _result(answer: "asyncio.Future[Ack]") -> Ack:
    """Return the use case's answer; an exception of it is logged and becomes a polite one."""
    error = answer.exception()
    if error is None:
        return answer.result()
    _log.error("a use case failed: %s", type(error).__name__, exc_info=error)
    text = "Waggle failed inside and has logged why. Look with `rollouts`, then try again."
    return Ack(kind=AckKind.FAILED, text=text)


async def _logged(speaking: Coroutine[Any, Any, None]) -> None:
    try:
        await speaking
    except Exception:  # noqa: BLE001  nobody awaits this; the steward sends what was not
        _log.exception("an answer could not be sent")
