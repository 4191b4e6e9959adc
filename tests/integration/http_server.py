"""A scripted HTTP server on a loopback port of its own."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answered:
    """An answer; a `body` that is no bytes is sent as JSON. Status 0: the connection is cut."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Script = Callable[[Asked], Answered]


@dataclass
class Served:
    """A running server: its port, and what it was asked."""

    port: int
    asked: list[Asked]


@contextmanager
def served(script: Script) -> Iterator[Served]:
    """Answer by `script` until the block ends."""
    asked: list[Asked] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script, asked))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Served(port=server.server_address[1], asked=asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(script: Script, asked: list[Asked]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Asked(
                method=self.command,
                path=parts.path,
                query=parse_qs(parts.query),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            asked.append(request)
            self._send(script(request))

        do_GET = do_HEAD = do_POST = do_DELETE = _serve  # noqa: N815 - the names that http.server looks for

        def _send(self, answer: Answered) -> None:
            if answer.status == 0:
                self.close_connection = True
                return
            body = answer.body
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is the library's
            """Say nothing."""

    return Handler
