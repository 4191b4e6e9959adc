"""Serves a simulator on a unix socket and the loopback interface, in a thread if wanted."""

import asyncio
import http.client
import json
import logging
import os
import socket
import threading
from contextlib import suppress
from typing import Any, Self

from aiohttp import web

from playground.simulator.api.app import Api
from playground.simulator.hub import Hub, Options
from playground.simulator.registry import Registry

HOST = "127.0.0.1"
_LONGEST_LINE = 1024 * 1024
"""Go's limit: filters with hundreds of ids make long lines."""
_QUIET = logging.getLogger("playground.simulator.http")
_QUIET.setLevel(logging.CRITICAL)  # a client that tries TLS first is none of our troubles


class SimulatorError(Exception):
    """The simulator refused what a test asked of it; the text has its words."""


class Served:
    """A simulator that listens, in the running loop."""

    def __init__(self, options: Options) -> None:
        self.hub = Hub(options)
        quiet: dict[str, Any] = {
            "access_log": None,
            "shutdown_timeout": 0.5,
            "logger": _QUIET,
            "max_line_size": _LONGEST_LINE,
        }
        self._api = web.AppRunner(Api(self.hub).app, **quiet)
        self._registry = web.AppRunner(Registry(self.hub).app, **quiet)
        self.port = 0

    async def start(self) -> None:
        """Bind. Raises OSError: a port or the socket is taken."""
        options = self.hub.options
        await self._registry.setup()
        await web.TCPSite(self._registry, HOST, options.registry_port).start()
        self.hub.located(f"{HOST}:{self._registry.addresses[0][1]}")
        await self._api.setup()
        await web.TCPSite(self._api, HOST, options.port).start()
        self.port = self._api.addresses[0][1]
        if options.socket:
            await web.UnixSite(self._api, options.socket).start()

    async def stop(self) -> None:
        """Close everything and take the socket away."""
        self.hub.generation += 1  # ends what streams
        await self._api.cleanup()
        await self._registry.cleanup()
        with suppress(OSError):
            os.unlink(self.hub.options.socket)  # noqa: PTH108 - at once, at the very end


class LocalSimulator:
    """A simulator in a thread of its own, for tests and the demo.

    >>> with LocalSimulator(Options(speed=0)) as simulator:  # doctest: +SKIP
    ...     simulator.control("advance", seconds=5)

    Attributes:
        options: how it was started.
        registry: `host:port` of its registry.
        port: of its API on the loopback interface.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.registry, self.port = "", 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)

    @property
    def url(self) -> str:
        """The DOCKER_HOST of its TCP port."""
        return f"tcp://{HOST}:{self.port}"

    @property
    def docker_host(self) -> str:
        """Its DOCKER_HOST: the unix socket if there is one."""
        return f"unix://{self.options.socket}" if self.options.socket else self.url

    def start(self) -> Self:
        """Serve in the background until `stop`.

        Raises:
            OSError: a port or the socket is taken.
        """
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def stop(self) -> None:
        """End it and wait for its thread."""
        if self._thread.is_alive() and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def control(self, verb: str, **body: Any) -> Any:
        """Do to the swarm what no Docker API can do (playground/simulator/api/control.py).

        Raises:
            SimulatorError: it refuses.
        """
        return control(self.port, verb, **body)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - nobody may wait for what never comes
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        served = Served(self.options)
        try:
            await served.start()
        except Exception as error:  # noqa: BLE001 - who waits in `start` raises it
            await served.stop()
            self._failure = error
            self._ready.set()
            return
        self.registry, self.port = served.hub.registry, served.port
        self._ready.set()
        await self._stopping.wait()
        await served.stop()


def control(port: int, verb: str, **body: Any) -> Any:
    """Post to /_control of a simulator on this machine and return its JSON.

    Raises:
        SimulatorError: it refuses.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        connection.request("POST", f"/_control/{verb}", json.dumps(body))
        response = connection.getresponse()
        answer = json.loads(response.read())
    finally:
        connection.close()
    if response.status >= 400:
        raise SimulatorError(answer["message"])
    return answer


def socket_is_taken(path: str) -> bool:
    """Return whether somebody listens on a unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0
