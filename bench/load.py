"""A closed loop of clients: each sends its next request as soon as it has the last one's answer.

Raw sockets with keep-alive, as an HTTP library would cost more than what is measured.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """What came of a load.

    Attributes:
        seconds: how long it took in all.
        latencies: of each answered request, seconds.
        bad: answers with another status than 200.
    """

    seconds: float
    latencies: list[float]
    bad: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


def load(port: int, make: Callable[[], bytes], clients: int, seconds: float) -> Run:
    """Load a server on the loopback for a while.

    Args:
        port: where it listens.
        make: returns the bytes of a whole HTTP/1.1 request; each must be new.
        clients: how many wait for an answer at the same time.
        seconds: for so long new requests are begun.
    """
    return asyncio.run(_load(port, make, clients, seconds))


async def _load(port: int, make: Callable[[], bytes], clients: int, seconds: float) -> Run:
    began = time.perf_counter()
    latencies: list[float] = []
    each = [_client(port, make, began + seconds, latencies) for _ in range(clients)]
    bad = sum(await asyncio.gather(*each))
    return Run(time.perf_counter() - began, latencies, bad)


async def _client(port: int, make: Callable[[], bytes], ends: float, told: list[float]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    bad = 0
    while time.perf_counter() < ends:
        request = make()
        sent = time.perf_counter()
        writer.write(request)
        status = await _answered(reader)
        told.append(time.perf_counter() - sent)
        bad += status != 200
    writer.close()
    return bad


async def _answered(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end; return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    for line in head.split("\r\n"):
        if line.startswith("content-length:"):
            await reader.readexactly(int(line.partition(":")[2]))
    return int(head.split(" ", 2)[1])
