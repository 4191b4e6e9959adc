"""The audit log of a stage: as a process sees it, and what it holds."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

from bot.adapters import keys
from bot.adapters.audit_log import RedisAuditLog
from bot.adapters.audit_mirror import FileMirror
from bot.adapters.redis_client import connect
from bot.adapters.valkey import EmbeddedValkey
from bot.audit_tool import oldest_first
from bot.domain.audit import AuditEntry, from_line
from playground.stage import Stage

ROOT = Path(__file__).parents[2]


def waggle(stage: Stage, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run `waggle audit` as a person does, with the environment of bot and worker."""
    return program(stage, "audit", *words)


def program(stage: Stage, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run `waggle` likewise, with any words."""
    environ = {"PATH": os.environ["PATH"], **stage.environment()}
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def entries(stage: Stage) -> list[AuditEntry]:
    """Return the whole log, oldest first."""
    with connect(f"unix://{stage.dir / 'valkey' / 'valkey.sock'}") as redis:
        return [from_line(line) for line in oldest_first(RedisAuditLog(redis))]


@contextmanager
def cut(stage: Stage, left: int) -> Iterator[None]:
    """Leave so many entries in Redis and in the copy, as if there had never been more.

    Bot and worker must be stopped. At the end all is as before.
    """
    folder = stage.dir / "audit"
    server = EmbeddedValkey(stage.dir)
    server.start()
    try:
        with connect(server.url) as redis:
            log = RedisAuditLog(redis)
            FileMirror(folder, log).keep_up()
            lines = list(oldest_first(log))
            _leave(redis, folder, lines[:left])
            try:
                yield
            finally:
                _leave(redis, folder, lines)
    finally:
        server.stop()


def _leave(redis: Redis, folder: Path, lines: Sequence[bytes]) -> None:
    redis.delete(keys.AUDIT)
    redis.rpush(keys.AUDIT, *lines)
    last = from_line(lines[-1]).hash
    redis.hset(keys.AUDIT_HEAD, mapping={"seq": len(lines), "hash": last})
    (folder / "audit.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
