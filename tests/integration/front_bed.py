"""The bot as a process of its own, with a workspace in front of it and an embedded Valkey."""

import hashlib
import hmac
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from redis import Redis

from bot.adapters.redis_leases import RedisLeases
from bot.adapters.redis_store import RedisRecordStore
from bot.domain.rollout.record import Rollout
from bot.slack.manifest import BOT_SCOPES
from playground.stage import free_port
from playground.workspace import LocalWorkspace, Settings, WorkspaceClient
from tests.waiting import eventually

Json = dict[str, Any]


@dataclass
class FrontBed:
    """`waggle bot` alone; the worker's part is played by the heartbeats that a test leaves."""

    workspace: LocalWorkspace
    port: int
    socket_mode: bool
    extra: dict[str, str] = field(default_factory=dict)
    dir: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="wf-")))
    process: subprocess.Popen[bytes] | None = None

    @property
    def client(self) -> WorkspaceClient:
        return self.workspace.client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        settings = self.workspace.settings
        ear = (
            {"SLACK_APP_TOKEN": settings.app_token}
            if self.socket_mode
            else {"SLACK_SIGNING_SECRET": settings.signing_secret}
        )
        known = {n: os.environ[n] for n in ("PATH", "HOME", "VIRTUAL_ENV") if n in os.environ}
        return {
            **known,
            **ear,
            "SLACK_BOT_TOKEN": settings.bot_token,
            "SLACK_API_URL": self.workspace.api_url,
            "SSL_CERT_FILE": os.devnull,  # as on the stage
            "WAGGLE_POLICY": "open",
            "WAGGLE_DATA": str(self.dir),
            "WAGGLE_HTTP": f"127.0.0.1:{self.port}",
            **self.extra,
        }

    def start(self) -> None:
        with (self.dir / "bot.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "bot"],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(self.answers)

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        try:
            return self.get("/healthz").status_code == 200
        except requests.ConnectionError:
            return False

    def serves(self) -> bool:
        """Slack has confirmed the token and, in Socket Mode, the connection is up."""
        return not any("slack" in problem for problem in self.problems())

    def get(self, path: str) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{self.url}{path}", timeout=10)

    def problems(self) -> list[str]:
        return list(self.get("/readyz").json()["problems"])

    def log(self) -> str:
        return (self.dir / "bot.log").read_text()

    def lines(self) -> list[Json]:
        """The log's lines; each must be JSON."""
        return [json.loads(line) for line in self.log().splitlines()]

    def redis(self) -> "Redis":
        return Redis.from_url(f"unix://{self.dir}/valkey/valkey.sock")

    def rollouts(self) -> list[Rollout]:
        with self.redis() as redis:
            store = RedisRecordStore(redis)
            ids = store.open_ids("default", Rollout)
            return [stored.value for stored in store.get_many(Rollout, ids)]

    def beat(self, *roles: str, cluster: str = "default", seconds: float = 30) -> None:
        with self.redis() as redis:
            for role in roles:
                RedisLeases(redis).beat(cluster, role, "w1", timedelta(seconds=seconds))

    def valkey_pids(self) -> list[int]:
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and str(self.dir).encode() in _command(entry)
        ]

    def signed(self, body: bytes, at: float | None = None) -> dict[str, str]:
        """The headers that Slack would send with the body."""
        stamp = str(int(time.time() if at is None else at))
        key = self.workspace.settings.signing_secret.encode()
        digest = hmac.new(key, f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

    def post(self, body: bytes, headers: dict[str, str]) -> requests.Response:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        with requests.Session() as session:
            session.trust_env = False
            where = f"{self.url}/slack/events"
            return session.post(where, data=body, headers=form | headers, timeout=10)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; return the status and how many seconds it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(40), time.monotonic() - began

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(35)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        shutil.rmtree(self.dir, ignore_errors=True)


def _command(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""


@contextmanager
def front(*, socket_mode: bool = False, started: bool = True, **extra: str) -> Iterator[FrontBed]:
    port = free_port()
    url = None if socket_mode else f"http://127.0.0.1:{port}/slack/events"
    # with the manifest's scopes and no more: what they do not cover fails here
    settings = Settings(app_url=url, scopes=tuple(BOT_SCOPES))
    with LocalWorkspace(settings) as workspace:
        bed = FrontBed(workspace, port, socket_mode, extra)
        try:
            if started:
                bed.start()
                eventually(bed.serves)
            yield bed
        except BaseException as error:
            log = bed.dir / "bot.log"
            error.add_note(log.read_text()[-4000:] if log.exists() else "no log")
            raise
        finally:
            bed.close()
