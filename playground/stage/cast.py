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


_NAMED = {
    "waggle:worker": Role.SUPERVISOR,
    "waggle:queries": Role.RQ_WORKER,
    "waggle:rollouts": Role.RQ_WORKER,
    "waggle:job": Role.WORK_HORSE,
    "waggle:steward": Role.STEWARD,
}
"""What a worker's processes call themselves (workers/prctl.py)."""


@dataclass(frozen=True)
class Actor:
    """One process: its id, its parent's, its name, and its command line as a list of words."""

    pid: int
    parent: int
    name: str
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
    return [actor for actor in actors(root) if _role(actor) is role]


def kill(actor: Actor, number: int = signal.SIGKILL) -> bool:
    """Send a signal; return whether it reached a process that had not ended by itself before."""
    try:
        state = Path(f"/proc/{actor.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        os.kill(actor.pid, number)
    except (OSError, IndexError):
        return False
    return state != "Z"


def _role(actor: Actor) -> Role | None:
    if actor.name in _NAMED:
        return _NAMED[actor.name]
    words = actor.words
    if "valkey" in Path(words[0]).name or "redis-server" in words[0]:
        return Role.VALKEY
    return Role.BOT if "bot" in words else None


def _everyone() -> list[Actor]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = tuple((entry / "cmdline").read_bytes().decode(errors="replace").split("\0"))
            name = (entry / "comm").read_text().strip()
            stat = (entry / "stat").read_text()
        except OSError:
            continue  # it ended while we looked
        parent = int(stat.rsplit(")", 1)[1].split()[1])
        if any(words):
            found.append(Actor(int(entry.name), parent, name, tuple(w for w in words if w)))
    return found
