"""What the listeners call.

The use cases off the event loop, within Slack's three seconds, counted.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeVar

from bot.rendering.escape import FENCE, escape
from bot.slack.metrics import Metrics
from bot.usecases.click import Click, Clicked
from bot.usecases.propose import Ack, AckKind, Propose, Typed
from bot.usecases.whisper import Whisper

T = TypeVar("T")

DEADLINE_SECONDS = 2.4
"""Slack shows `operation_timeout` at 3.0 s; the rest is for the way back."""


@dataclass(frozen=True, kw_only=True)
class Front:
    """The use cases behind the listeners.

    Attributes:
        pool: threads for them; the store's client is synchronous. 32, as 5 were measured to starve.
    """

    propose: Propose
    click: Click
    whisper: Whisper
    metrics: Metrics
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(32, "front"))
    background: set[asyncio.Future[None]] = field(default_factory=set)

    async def command(self, typed: Typed) -> Ack:
        """Answer a slash command."""
        return await self._timed("command", lambda: self.propose.run(typed))

    async def command_text(self, typed: Typed) -> str:
        """Answer a slash command in the words of the ack: what was typed is shown, never obeyed."""
        ack = await self.command(typed)
        text = escape(ack.text)
        return f"{FENCE}\n{text}\n{FENCE}" if ack.kind is AckKind.HELP else text

    async def mention(self, typed: Typed) -> None:
        """Answer a mention: its ack shows nothing, so the answer goes by the outbox."""
        ack = await self._timed("mention", lambda: self.propose.run(typed))
        if ack.kind is not AckKind.REPEATED:
            self._later(lambda: self.whisper.run(typed.place, typed.by, typed.delivery, ack.text))

    async def button(self, clicked: Clicked) -> None:
        """Carry out a click; only a refusal is said in words, the message itself shows the rest."""
        ack = await self._timed("button", lambda: self.click.run(clicked))
        if ack.text:
            self._later(
                lambda: self.whisper.run(clicked.place, clicked.by, clicked.delivery, ack.text)
            )

    async def _timed(self, source: str, work: Callable[[], Ack]) -> Ack:
        started = perf_counter()
        try:
            ack = await asyncio.wait_for(self._off_loop(work), DEADLINE_SECONDS)
        except TimeoutError:
            ack = Ack(kind=AckKind.UNAVAILABLE, text=self.propose.away())
        self.metrics.count(source, ack, perf_counter() - started)
        return ack

    async def _off_loop(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)

    def _later(self, work: Callable[[], None]) -> None:
        """Speak after the ack.

        What is lost with this process stands in the outbox and is sent by the steward.
        """
        future = asyncio.get_running_loop().run_in_executor(self.pool, work)
        self.background.add(future)
        future.add_done_callback(self.background.discard)
