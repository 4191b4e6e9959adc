"""Starts and stops the cast."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import requests

from playground.lab.signals import Deferred
from playground.stage.cast import Actor, Role, kill, with_role
from playground.stage.ground import Ground
from playground.stage.ports import free_port
from playground.workspace import LocalWorkspace, Settings, WorkspaceClient

_PR_SET_PDEATHSIG = 1  # prctl(2)
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")


class StageError(Exception):
    """A process did not come up or went down; the text has its last words."""


class NotReadyError(StageError):
    """All of it runs, but it is not ready in time."""


@dataclass
class Stage:
    """Workspace, bot and worker on a swarm that is up: `with Stage(lab) as stage`.

    Attributes:
        lab: the swarm, real or simulated; the worker acts on its first node.
        socket_mode: Socket Mode instead of HTTP.
        processes: RQ workers per queue.
        extra: more environment for the bot and the worker.
        rate_limits: Slack's published limits are on.
        people: called with the workspace before bot and worker start, to put more people and
            groups into it: what they ask Slack about at once they remember for a while.
    """

    lab: Ground
    socket_mode: bool = False
    processes: int = 1
    extra: dict[str, str] = field(default_factory=dict)
    rate_limits: bool = True
    people: Callable[[WorkspaceClient], object] = lambda _: None
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.dir = Path(tempfile.mkdtemp(prefix="waggle-"))
        self.port = free_port()
        events = f"http://127.0.0.1:{self.port}/slack/events"
        settings = Settings(
            app_url=None if self.socket_mode else events, rate_limits=self.rate_limits
        )
        self.workspace = LocalWorkspace(settings)

    @property
    def client(self) -> WorkspaceClient:
        """Acts as people do, and reads the channels."""
        return self.workspace.client

    @property
    def url(self) -> str:
        """The bot's own HTTP address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def image(self) -> str:
        """The repository of the images, to be followed by a tag."""
        return f"{self.lab.registry}/httpd"

    def environment(self) -> dict[str, str]:
        """Return what the bot and the worker are told."""
        settings = self.workspace.settings
        known = {name: os.environ[name] for name in _KEPT if name in os.environ}
        mode = (
            {"SLACK_APP_TOKEN": settings.app_token}
            if self.socket_mode
            else {"SLACK_SIGNING_SECRET": settings.signing_secret}
        )
        return {
            **known,
            **mode,
            "SLACK_BOT_TOKEN": settings.bot_token,
            "SLACK_API_URL": self.workspace.api_url,
            "SSL_CERT_FILE": os.devnull,  # no TLS here, and aiohttp reads it all at import
            "WAGGLE_POLICY": "open",
            "WAGGLE_DATA": str(self.dir),
            "WAGGLE_HTTP": f"127.0.0.1:{self.port}",
            "DOCKER_HOST": self.lab.docker_host(),
            "PYTHONUNBUFFERED": "1",
            **self.extra,
        }

    def start(self) -> Self:
        """Start everything and wait until /readyz says so."""
        self.workspace.start()
        try:
            self.people(self.client)
            self.start_bot()
            self.start_worker()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def start_bot(self) -> None:
        """Start `waggle bot`."""
        self._start("bot", "bot", "bot")

    def start_worker(self) -> None:
        """Start `waggle worker`."""
        self._start("worker", "bot", "worker", "--processes", str(self.processes))

    def _start(self, name: str, module: str, *arguments: str) -> None:
        log: IO[bytes]
        with (self.dir / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  one prctl, no locks
            )

    def problems(self) -> list[str]:
        """Return what /readyz misses; empty when all is ready."""
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.get(f"{self.url}/readyz", timeout=5)
        except requests.RequestException:
            return ["the bot does not answer"]
        return [] if answer.status_code == 200 else list(answer.json()["problems"])

    def wait_ready(self, timeout: float = 120) -> None:
        """Wait until /readyz is 200.

        Raises:
            StageError: a process ended; NotReadyError, if it is not in time.
        """
        deadline = time.monotonic() + timeout
        while problems := self.problems():
            ended = [name for name, process in self.running.items() if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                kind = StageError if ended else NotReadyError
                raise kind(f"not ready: {problems}, ended: {ended}\n{self.last_words()}")
            time.sleep(0.1)

    def last_words(self, lines: int = 30) -> str:
        """Return the ends of the logs."""
        return "\n".join(
            f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
            for path in sorted(self.dir.glob("*.log"))
        )

    def actors(self, role: Role) -> list[Actor]:
        """Return the running processes of a role."""
        return [
            actor
            for process in self.running.values()
            if process.poll() is None
            for actor in with_role(process.pid, role)
        ]

    def kill(self, role: Role) -> list[int]:
        """Kill -9 every process of a role; return their ids.

        Bot and supervisor stay dead until started again.
        """
        victims = self.actors(role)
        for victim in victims:
            kill(victim)
        for name, process in list(self.running.items()):
            if process.pid in {victim.pid for victim in victims}:
                process.wait(10)
                del self.running[name]
        return [victim.pid for victim in victims]

    def stop_processes(self) -> dict[str, int]:
        """End bot and worker politely (SIGTERM), then not; return their exit codes."""
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        codes = {name: _ended(process) for name, process in self.running.items()}
        self.running.clear()
        return codes

    def stop(self) -> dict[str, int]:
        """End everything and remove its directory; return the exit codes."""
        with Deferred():  # a second ^C must not leave half of it behind
            codes = self.stop_processes()
            self.workspace.stop()
            if not os.environ.get("WAGGLE_KEEP_LOGS"):
                shutil.rmtree(self.dir, ignore_errors=True)
        return codes

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            error.add_note(self.last_words())
        self.stop()


def _ended(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(35)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(10)


def _die_with_parent() -> None:
    """Runs in the child: should we be killed, it gets a SIGTERM and leaves nothing behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
