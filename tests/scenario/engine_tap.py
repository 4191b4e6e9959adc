"""A tap between the worker and the Engine: it counts changes, holds them, eats answers, goes away.

Bytes pass unread, but for the first line of a request and of its answer: a client sends one request
at a time on a connection.
"""

import re
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.waiting import TooLateError

CHANGE = re.compile(
    rb"(?:POST (?:/v[\d.]+)?"
    rb"(/services/(?:create|[^/ ]+/update)|/nodes/[^/ ]+/update|/networks/create)"
    rb"|DELETE (?:/v[\d.]+)?(/services/[^/ ?]+))[ ?]"
)
PEER = struct.Struct("3i")  # pid, uid, gid: unix(7), SO_PEERCRED
LONGEST = 60.0  # seconds that anything is held


@dataclass
class Change:
    """One call that makes, updates or removes a service, updates a node or makes a network.

    Its status is 0 until the Engine has answered.
    """

    path: str
    pid: int
    status: int = 0
    at: float = field(default_factory=time.time)


class EngineTap:
    """Listens on a unix socket and passes everything on to the Engine's.

    Attributes:
        host: the DOCKER_HOST to give to the worker.
        changes: what was posted or deleted so far, in order.
    """

    def __init__(self, directory: Path, engine: str) -> None:
        self._engine = engine.removeprefix("unix://")
        self._path = directory / "tap.sock"
        self.host = f"unix://{self._path}"
        self.changes: list[Change] = []
        self._open_gate = threading.Event()
        self._arrived = threading.Event()
        self._thawed = threading.Event()
        self._frozen = 0
        self._lose = 0
        self._away = False
        self._links: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self._path))
        self._server.listen(64)
        self.reset()
        self._spawn(self._accept)

    # -- troubles

    def reset(self) -> None:
        """End all troubles."""
        self._open_gate.set()
        self._thawed.set()
        self._arrived.clear()
        self._frozen = self._lose = 0
        self._away = False

    def hold(self) -> None:
        """Keep the next changes back, before the Engine sees them, until `release`."""
        self._arrived.clear()
        self._open_gate.clear()

    def wait_held(self) -> Change:
        """Return the change that is kept back, once there is one."""
        if not self._arrived.wait(15):
            raise TooLateError("nothing was posted")
        return self.changes[-1]

    def release(self) -> None:
        """Let what is held go on, if its sender still lives."""
        self._open_gate.set()

    def lose_reply(self, count: int = 1) -> None:
        """Carry out the next changes, but cut the connection instead of answering."""
        self._lose = count

    def freeze(self, pid: int) -> None:
        """Give this process no more answers until `thaw`."""
        self._thawed.clear()
        self._frozen = pid

    def thaw(self) -> None:
        """Deliver what the frozen process waits for."""
        self._frozen = 0
        self._thawed.set()

    def leave(self) -> None:
        """Be away: all connections are cut, and no new ones are made."""
        self._away = True
        for link in tuple(self._links):
            _cut(link)

    def come_back(self) -> None:
        """End being away."""
        self._away = False

    def done(self, service_id: str) -> int:
        """Return how many changes of a service the Engine has carried out."""
        return self.carried_out(f"/services/{service_id}/update", f"/services/{service_id}")

    def carried_out(self, *paths: str) -> int:
        """Return how many changes by calls of these paths the Engine has carried out."""
        return sum(change.path in paths and change.status in {200, 201} for change in self.changes)

    def close(self) -> None:
        """Cut everything and remove the socket."""
        self.reset()
        self._away = True
        _cut(self._server)
        self._server.close()
        for link in tuple(self._links):
            _cut(link)
        for thread in self._threads:
            thread.join(5)
        self._path.unlink(missing_ok=True)

    # -- passing on

    def _spawn(self, work: Callable[..., None], *arguments: object) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=work, args=arguments, daemon=True, name="engine-tap")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self._spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        engine = socket.socket(socket.AF_UNIX)
        with client, engine:
            credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
            link = _Link(self, client, engine, PEER.unpack(credentials)[0])
            try:
                if self._away:
                    return
                engine.connect(self._engine)
                self._links |= {client, engine}
                back = threading.Thread(target=link.answers, daemon=True, name="engine-tap-back")
                back.start()
                link.requests()
                _cut(engine)
                back.join()
            except OSError:
                return
            finally:
                self._links -= {client, engine}

    def note(self, head: bytes, pid: int) -> Change | None:
        """Write a change down, and hold it if that is wanted."""
        found = CHANGE.match(head)
        if found is None:
            return None
        change = Change((found[1] or found[2]).decode(), pid)
        self.changes.append(change)
        self._arrived.set()
        self._open_gate.wait(LONGEST)
        return change

    def eats(self) -> bool:
        """Tell whether the answer of a change is to be lost."""
        self._lose -= 1
        return self._lose >= 0

    def wait_thawed(self, pid: int) -> None:
        """Wait while this process gets no answers."""
        if pid == self._frozen:
            self._thawed.wait(LONGEST)


@dataclass
class _Link:
    tap: EngineTap
    client: socket.socket
    engine: socket.socket
    pid: int
    change: Change | None = None

    def requests(self) -> None:
        while data := _received(self.client):
            noted = self.tap.note(data, self.pid)
            self.change = noted or self.change
            # held until its sender was killed: it never reached the Engine
            if noted and (_is_gone(self.client) or _is_dead(self.pid)):
                return
            self.engine.sendall(data)

    def answers(self) -> None:
        while data := _received(self.engine):
            if self.change is not None and not self.change.status:
                self.change.status = int(data.split(b" ", 2)[1])
                if self.tap.eats():
                    break
            self.tap.wait_thawed(self.pid)
            try:
                self.client.sendall(data)
            except OSError:
                break
        _cut(self.client)


def _received(link: socket.socket) -> bytes:
    try:
        return link.recv(65536)
    except OSError:
        return b""


def _is_gone(link: socket.socket) -> bool:
    """Tell whether the other side has closed; what it has sent besides stays unread."""
    poll = select.poll()
    poll.register(link, 0)
    return bool(poll.poll(0))


def _is_dead(pid: int) -> bool:
    """Tell whether a process is dying: its memory goes a moment before its sockets do."""
    try:
        return not Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return True


def _cut(link: socket.socket) -> None:
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
