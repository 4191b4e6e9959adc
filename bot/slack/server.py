"""uvicorn, as a well-behaved process: it binds first, and a signal ends it with status 0."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEADERS_WITHIN_SECONDS = 5.0
"""For a request to begin and its headers to end; Slack sends all of it at once."""

_BACKLOG = 2048
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Server(uvicorn.Server):
    """uvicorn raises the signal again when it has shut down, which kills the process with it.

    Then what stands in `finally` around it would not run, and the status would not be 0.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_IGN)  # we are ending already


class _Punctual(H11Protocol):
    """uvicorn waits for ever for a request's first line and headers (measured on 0.54).

    Connections that say nothing would take all there are. h11 caps the headers' size, too.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_request()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._deadline is not None:
            self._deadline.cancel()

    def _await_request(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(HEADERS_WITHIN_SECONDS, self._hang_up_on_the_idle)

    def _hang_up_on_the_idle(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle  # None until the first request
        if cycle is None or cycle.response_complete:
            self.transport.close()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    The protocol is named, as asyncio sets TCP_NODELAY only where it is: without that, an answer
    in two segments waits for the peer's delayed ACK (measured: an ack took 50 ms instead of 4).

    Raises:
        OSError: the address is in use, not ours, or does not resolve.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def serve(web: Starlette, listener: socket.socket, grace: int) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        web: its lifespan holds what runs beside the requests.
        listener: from `listen`.
        grace: seconds for the requests under way at the end.
    """
    config = uvicorn.Config(
        web,
        http=_Punctual,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=grace,
    )
    _Server(config).run(sockets=[listener])
