"""Socket Mode: the same listeners without a public URL."""

import asyncio
import logging
from dataclasses import dataclass, field

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

_RETRY_SECONDS = 2.0
_WATCH_SECONDS = 1.0

_log = logging.getLogger(__name__)


@dataclass
class Socket:
    """Keeps one connection up: Slack being away at start or later is waited out."""

    app: AsyncApp
    app_token: str
    client: AsyncWebClient
    handler: AsyncSocketModeHandler | None = field(default=None, init=False)

    def is_connected(self) -> bool:
        """Return whether the WebSocket session is open."""
        session = self.handler.client.current_session if self.handler else None
        return session is not None and not session.closed

    async def run(self) -> None:
        """Connect, and connect again whenever the built-in client has given up.

        Cancelled at shutdown.
        """
        try:
            while True:
                await self._connect()
                await asyncio.sleep(_WATCH_SECONDS if self.handler else _RETRY_SECONDS)
        finally:
            await self.close()

    async def _connect(self) -> None:
        if self.handler is not None:
            return  # its client reconnects by itself
        handler = AsyncSocketModeHandler(self.app, self.app_token, web_client=self.client)
        try:
            await handler.connect_async()
        except Exception as error:  # noqa: BLE001  whatever it is, we try again: never crash for Slack
            _log.warning("Socket Mode is not connected: %s", type(error).__name__)
            await handler.client.close()
        else:
            self.handler = handler

    async def close(self) -> None:
        """Close the connection: Slack then delivers to the other replicas."""
        if self.handler is not None:
            await self.handler.close_async()
