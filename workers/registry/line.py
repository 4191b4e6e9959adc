"""Sessions that another thread can end, whatever they are waiting for."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class Line:
    """The connections of one thread, which another can cut, for good.

    The time limit of a socket is for each piece that comes: who drips bytes never breaks it, and
    while the head of an answer drips there is no answer yet that could be closed.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: list[socket.socket] = []
        self._is_cut = False

    def hold(self, made: socket.socket) -> None:
        """Take a connection that was just made; on a line that was cut it ends at once."""
        with self._lock:
            self._held.append(made)
            is_cut = self._is_cut
        if is_cut:
            _shut(made)

    def cut(self) -> None:
        """End every connection, those to come as well: who reads from one is woken by an error."""
        with self._lock:
            self._is_cut = True
            held = tuple(self._held)
        for each in held:
            _shut(each)

    @contextmanager
    def session(self) -> Iterator[requests.Session]:
        """Open a session that adds nothing of its own and reads no more than it is sent."""
        with requests.Session() as http:
            http.trust_env = False  # no ~/.netrc: only what docker login left
            # compressed, a small answer could become any size
            http.headers["Accept-Encoding"] = "identity"
            for scheme in ("https://", "http://"):
                http.mount(scheme, _Adapter(self))
            yield http


class _Adapter(HTTPAdapter):
    """Hands each connection that it makes to the line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Let the pools make connections of ours."""
        super().init_poolmanager(*args, **kwargs)
        line = self._line

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                line.hold(self.sock)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                line.hold(self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


def _shut(made: socket.socket) -> None:
    with suppress(OSError):  # it has ended by itself
        # not that of an SSLSocket, which drops its state under the feet of who reads
        socket.socket.shutdown(made, socket.SHUT_RDWR)
