"""A server that never comes to an end: it answers a byte at a time."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

_TLS_HELLO = 0x16


@contextmanager
def dripping(head: bytes, drop: bytes = b"a", **whole: Any) -> Iterator[int]:
    """Yield the loopback port of a server of plain HTTP, until the block ends.

    Args:
        head: what it answers at once; then come drops, five a second.
        drop: one of them.
        whole: what is answered whole, as JSON, by the last part of a path.
    """
    ended = threading.Event()

    def drip(client: socket.socket) -> None:
        with client, suppress(OSError):
            asked = client.recv(65536)
            while asked and asked[0] != _TLS_HELLO:
                name = asked.split(b" ")[1].partition(b"?")[0].rpartition(b"/")[2].decode()
                if name not in whole:
                    break
                body = json.dumps(whole[name]).encode()
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                asked = client.recv(65536)
            else:
                return
            client.sendall(head)
            while not ended.wait(0.2):
                client.sendall(drop)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=drip, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            ended.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
