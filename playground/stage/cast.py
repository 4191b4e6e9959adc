"""The processes on the stage, found by what they are, so that a test can kill any of them."""

import os
import signal
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Role(StrEnum):
    """What a process does."""

    BOT = "bot"
    SUPERVISOR = "supervisor"
    RQ_WORKER = "rq worker"
    WORK_HORSE = "work horse"
    STEWARD = "steward"
    VALKEY = "valkey"


@dataclass(frozen=True)
class Actor:
    """One process: its id, its parent's, and its command line as a list of words."""

    pid: int
    parent: int
    words: tuple[str, ...]


def actors(root: int) -> list[Actor]:
    """Return the process `root` and all below it."""
    everyone = {actor.pid: actor for actor in _everyone()}
    kept = {root}
    grown = True
    while grown:
        more = {a.pid for a in everyone.values() if a.parent in kept} - kept
        kept |= more
        grown = bool(more)
    return [everyone[pid] for pid in sorted(kept) if pid in everyone]


def with_role(root: int, role: Role) -> list[Actor]:
    """Return the processes of a role at or below `root`."""
    below = actors(root)
    return [actor for actor in below if _role(actor, below) is role]


def kill(actor: Actor, number: int = signal.SIGKILL) -> None:
    """Send a signal; the process may be gone by now."""
    try:
        os.kill(actor.pid, number)
    except ProcessLookupError:
        return


def _role(actor: Actor, below: list[Actor]) -> Role | None:
    words = actor.words
    if "workers" in words:
        return _worker_role(actor, below)
    if "valkey" in Path(words[0]).name or "redis-server" in words[0]:
        return Role.VALKEY
    return Role.BOT if "bot" in words else None


def _worker_role(actor: Actor, below: list[Actor]) -> Role | None:
    if "steward" in actor.words:
        return Role.STEWARD
    if "supervise" in actor.words:
        return Role.SUPERVISOR
    if "rq" not in actor.words:
        return None
    parent = next((a for a in below if a.pid == actor.parent), None)
    # a work horse is a fork: it has its parent's command line
    horse = parent is not None and parent.words == actor.words
    return Role.WORK_HORSE if horse else Role.RQ_WORKER


def _everyone() -> list[Actor]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = tuple((entry / "cmdline").read_bytes().decode(errors="replace").split("\0"))
            stat = (entry / "stat").read_text()
        except OSError:
            continue  # it ended while we looked
        parent = int(stat.rsplit(")", 1)[1].split()[1])
        if any(words):
            found.append(Actor(int(entry.name), parent, tuple(w for w in words if w)))
    return found
