"""What stands before the bots, as a TLS proxy and the routing mesh do: one address for all of them.

It passes a request on to a bot whose task Swarm calls running, which is to whom the mesh would, and
tries the next one where no answer came: Waggle takes a command that comes twice only once.
"""

import http.client
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_WITHIN = 4.0
"""Seconds for a bot's answer: Slack waits three."""

_OF_THE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
Answer = tuple[int, list[tuple[str, str]], bytes]


Backends = Callable[[], list[tuple[str, int]]]


class WayIn:
    """Listens on a loopback port until `close`; `backends` names the addresses of the bots."""

    def __init__(self, port: int, backends: Backends) -> None:
        handler = type("Handler", (_Handler,), {"backends": staticmethod(backends)})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    backends: Backends

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        for host, port in self.backends():
            answer = self._asked(host, port, body)
            if answer is not None:
                self._tell(*answer)
                return
        nobody = {"ok": False, "problems": ["no bot answers"]}
        self._tell(503, [], json.dumps(nobody).encode())

    def _asked(self, host: str, port: int, body: bytes) -> Answer | None:
        connection = http.client.HTTPConnection(host, port, timeout=_WITHIN)
        try:
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _tell(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _OF_THE_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
