"""Socket Mode: the same listeners without a public URL."""

import asyncio
import contextlib
import logging
import re
import time
from dataclasses import dataclass, field

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

PING_SECONDS = 3.0
"""The built-in client looks after its connection this often; its default of 10 loses that long."""

CONNECT_WITHIN_SECONDS = 15.0
GRACE_SECONDS = 20.0
"""How long the built-in client may mend its connection by itself before it is replaced."""

_RETRY_SECONDS = 1.0
_WATCH_SECONDS = 0.2

_log = logging.getLogger(__name__)


class _OneLine(logging.Filter):
    """The client logs a traceback a try, with the single-use ticket of the address in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = re.sub(r"ticket=[^&\s'\")]+", "ticket=•••", record.getMessage())
        record.args, record.exc_info = (), None
        return True


_client_log = logging.getLogger(f"{__name__}.client")
_client_log.addFilter(_OneLine())


@dataclass
class Socket:
    """Keeps one connection up: Slack being away at start or later is waited out.

    The built-in client (slack_sdk 3.47) reconnects by itself, but when the connection that it has
    just got an address for cannot be opened, it tries that one address for ever, and Slack's
    addresses work once. So a client that is not connected for GRACE_SECONDS is thrown away.
    """

    app: AsyncApp
    app_token: str
    client: AsyncWebClient
    handler: AsyncSocketModeHandler | None = field(default=None, init=False)

    def is_connected(self) -> bool:
        """Return whether the WebSocket is open and its last pong is fresh. From any thread."""
        client = self.handler.client if self.handler else None
        session = client.current_session if client else None
        if client is None or session is None or session.closed or client.closed or client.stale:
            return False
        pong = client.last_ping_pong_time
        return pong is None or time.time() - pong < 4 * PING_SECONDS

    async def run(self) -> None:
        """Connect, and connect anew whenever the built-in client does not get on. Never returns."""
        while True:
            self.handler = self._new_handler()
            try:
                async with asyncio.timeout(CONNECT_WITHIN_SECONDS):
                    await self.handler.connect_async()
                _log.info("Socket Mode is connected")
                await self._watch(self.handler.client)
            except Exception as error:  # noqa: BLE001  whatever it is, we try again: never crash for Slack
                _log.warning("Socket Mode is not connected: %s", type(error).__name__)
            await self.close()
            await asyncio.sleep(_RETRY_SECONDS)

    def _new_handler(self) -> AsyncSocketModeHandler:
        return AsyncSocketModeHandler(
            self.app,
            self.app_token,
            logger=_client_log,
            web_client=self.client,
            ping_interval=PING_SECONDS,
        )

    async def _watch(self, client: SocketModeClient) -> None:
        """Mend the connection as soon as it is down; return when that takes too long.

        The client itself looks after it only every PING_SECONDS: so long nothing is heard.
        """
        last_up = time.monotonic()
        while (left := last_up + GRACE_SECONDS - time.monotonic()) > 0:
            if self.is_connected():
                last_up = time.monotonic()
                await asyncio.sleep(_WATCH_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await client.connect_to_new_endpoint()
            await asyncio.sleep(_RETRY_SECONDS)
        _log.warning("Socket Mode is down for %.0f s: starting over", GRACE_SECONDS)

    async def close(self) -> None:
        """Close the connection: Slack then delivers to the other replicas."""
        handler, self.handler = self.handler, None
        if handler is not None:
            await handler.close_async()
