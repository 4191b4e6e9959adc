"""A few words of the Engine's API over its unix socket.

https://docs.docker.com/reference/api/engine/version/v1.41/
"""

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from playground.lab.errors import LabError


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("engine", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def call(path: Path, method: str, url: str, body: object = None, *, timeout: float = 25) -> Any:
    """Ask the engine behind a socket and return its JSON (None where it sends none).

    Raises:
        LabError: with the engine's own words, if it refuses or does not answer.
    """
    connection = _Connection(path, timeout)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, url, text, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise LabError(f"the engine at {path} does not answer: {error}") from error
    finally:
        connection.close()
    if response.status >= 400:
        raise LabError(f"{method} {url} at {path}: {content.decode(errors='replace').strip()}")
    return json.loads(content) if content.startswith((b"{", b"[", b'"')) else None


def answers(path: Path) -> bool:
    """Tell whether the engine is there."""
    try:
        call(path, "GET", "/_ping", timeout=5)
    except LabError:
        return False
    return True
