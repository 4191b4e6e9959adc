"""The audit log of a stage: as a process sees it, and what it holds."""

import os
import subprocess
import sys
from pathlib import Path

from bot.adapters.audit_log import RedisAuditLog
from bot.adapters.redis_client import connect
from bot.audit_tool import oldest_first
from bot.domain.audit import AuditEntry, from_line
from playground.stage import Stage

ROOT = Path(__file__).parents[2]


def waggle(stage: Stage, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run `waggle audit` as a person does, with the environment of bot and worker."""
    environ = {"PATH": os.environ["PATH"], **stage.environment()}
    return subprocess.run(
        [sys.executable, "-m", "bot", "audit", *words],
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
