"""Ports for processes that must be told beforehand where to listen."""

import random
import socket
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 10_000
_USUAL = 32_768
_TRIES = 200


def free_port() -> int:
    """Return a loopback port that nobody listens on and that the kernel hands to nobody.

    A port from `bind(0)` is one of those that outgoing connections get (ip(7),
    ip_local_port_range): measured, a busy neighbour took it before the process had come up.

    Raises:
        OSError: no port is free.
    """
    highest = _first_ephemeral() - 1
    for _ in range(_TRIES):
        port = random.randint(_LOWEST, highest)
        if _is_free(port):
            return port
    raise OSError("no loopback port is free")


def _first_ephemeral() -> int:
    try:
        first = int(_RANGE.read_text().split()[0])
    except (OSError, ValueError):
        return _USUAL
    return first if first > _LOWEST + _TRIES else _USUAL


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
