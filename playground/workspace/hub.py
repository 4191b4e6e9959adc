"""Ties the parts of one workspace together; handlers receive it and nothing else."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from playground.workspace.courier import Courier
from playground.workspace.faults import Faults
from playground.workspace.limits import Meter
from playground.workspace.links import ResponseLinks
from playground.workspace.records import Json, Message
from playground.workspace.settings import Settings
from playground.workspace.sockets import Sockets
from playground.workspace.triggers import Triggers
from playground.workspace.wire import message_wire
from playground.workspace.world import World


@dataclass(frozen=True)
class CallRecord:
    """One Web API call (or post to a response_url) and how it ended.

    `ok`, the error word, the trouble that it met, or `lost_reply`: done, and not answered.
    """

    at: float
    method: str
    outcome: str
    channel: str = ""
    ts: str = ""


class Hub:
    """One workspace.

    Attributes:
        base_url: Where this workspace is served, such as `http://127.0.0.1:40123`.
        calls: The last 20,000 calls of the app.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.world = World(settings.clock, settings.bot_user)
        self.faults = Faults(settings.clock)
        self.meter = Meter(settings.clock)
        self.links = ResponseLinks(settings, self.world)
        self.triggers = Triggers(settings, self.world)
        self.sockets = Sockets(settings)
        self.courier = Courier(settings, self.faults, self.sockets)
        self.calls: deque[CallRecord] = deque(maxlen=20_000)
        self.base_url = ""
        self._background: set[asyncio.Task[None]] = set()

    def located(self, base_url: str) -> None:
        """Tell the parts where the workspace is served."""
        self.base_url = base_url
        self.links.base_url = base_url

    def wire(self, message: Message, *, metadata: bool = True) -> Json:
        """Return Slack's form of a message."""
        return message_wire(message, self.world, self.settings, self.base_url, metadata=metadata)

    def note_call(self, method: str, outcome: str, channel: str = "", ts: str = "") -> None:
        """Keep a call for the control API."""
        self.calls.append(CallRecord(self.settings.clock(), method, outcome, channel, ts))

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something, such as the retries of an event, until the workspace closes."""
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def close(self) -> None:
        """Stop what runs and close all connections."""
        for task in list(self._background):
            task.cancel()
        await self.sockets.drop("refresh_requested")
        await self.courier.close()
