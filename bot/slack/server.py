"""uvicorn, as a well-behaved process: it binds first, and a signal ends it with status 0."""

import asyncio
import contextlib
import ipaddress
import signal
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

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


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    Raises:
        OSError: the address is in use, not ours, or does not resolve.
    """
    family = socket.AF_INET
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).version == 6:  # noqa: PLR2004 - the IP version's own number
            family = socket.AF_INET6
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def serve(web: Starlette, listener: socket.socket, grace: int) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        web: its lifespan holds what runs beside the requests.
        listener: from `listen`.
        grace: seconds for the requests under way at the end.
    """
    config = uvicorn.Config(
        web,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=grace,
    )
    _Server(config).run(sockets=[listener])
