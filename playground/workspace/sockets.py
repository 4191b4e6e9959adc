"""Socket Mode: tickets, connections, envelopes and their acknowledgements.

Rules: docs.slack.dev using-socket-mode. At most ten connections per app; each payload goes to any
one of them; the client acknowledges with the envelope's id.
"""

import asyncio
import contextlib
import json
import secrets
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from playground.workspace.records import Json
from playground.workspace.settings import Settings

MAX_CONNECTIONS = 10
TICKET_PATH = "/link"


@dataclass(eq=False)
class Connection:
    """One open WebSocket of the app."""

    socket: web.WebSocketResponse
    request: web.Request
    leaving: bool = False


@dataclass
class Sockets:
    """The app's connections.

    Attributes:
        answers: Envelope ids that wait for their acknowledgement.
        late: Acknowledgements that nobody waited for any more.
    """

    settings: Settings
    connections: list[Connection] = field(default_factory=list)
    answers: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    late: list[Json] = field(default_factory=list)
    opened: int = 0
    _tickets: set[str] = field(default_factory=set)

    def ticket(self) -> str:
        """Return a one-time ticket for a new connection."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection until either side ends it; an unknown ticket is a 403."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid ticket")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=30.0, timeout=1.0)
        await socket.prepare(request)
        if len(self.connections) >= MAX_CONNECTIONS:
            await socket.send_json(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        self.opened += 1
        connection = Connection(socket, request)
        self.connections.append(connection)
        try:
            await self._converse(connection)
        finally:
            if connection in self.connections:
                self.connections.remove(connection)
        return socket

    async def send(self, envelope: Json) -> bool:
        """Send an envelope over one of the connections; False when there is none."""
        usable = [c for c in self.connections if not c.socket.closed and not c.leaving]
        if not usable:
            return False
        try:
            await secrets.choice(usable).socket.send_json(envelope)
        except ConnectionError:
            return False
        return True

    def expect(self, envelope_id: str) -> asyncio.Future[Json]:
        """Return the future of an envelope's acknowledgement."""
        return self.answers.setdefault(envelope_id, asyncio.get_running_loop().create_future())

    async def drop(self, reason: str | None) -> int:
        """End all connections: roughly (None), or with a disconnect message; return how many.

        A `warning` is only announced; `refresh_requested` and `link_disabled` also close.
        """
        ended = list(self.connections)
        for connection in ended:
            await self._drop_one(connection, reason)
        return len(ended)

    async def _drop_one(self, connection: Connection, reason: str | None) -> None:
        if reason is None:
            self.connections.remove(connection)
            if connection.request.transport is not None:
                connection.request.transport.abort()
            return
        with contextlib.suppress(ConnectionError):  # it may just have gone by itself
            await connection.socket.send_json(_disconnect(reason))
            if reason != "warning":
                connection.leaving = True
                await connection.socket.close(code=WSCloseCode.GOING_AWAY)

    async def _converse(self, connection: Connection) -> None:
        await connection.socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.connections),
                "debug_info": {
                    "host": "playground",
                    "build_number": 1,
                    "approximate_connection_time": 18060,
                },
                "connection_info": {"app_id": self.settings.app_id},
            }
        )
        async for message in connection.socket:
            if message.type == WSMsgType.TEXT:
                self._acknowledge(message.data)

    def _acknowledge(self, data: str) -> None:
        try:
            answer = json.loads(data)
        except ValueError:
            return
        waiting = self.answers.pop(str(answer.get("envelope_id")), None)
        if waiting is None or waiting.done():
            self.late.append(answer)
            return
        waiting.set_result(answer)


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}}
