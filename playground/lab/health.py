"""How the nodes of a lab are."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from playground.lab.engines import Engine
from playground.lab.errors import LabError

_CRASH = ("panic:", "fatal error:")
_LINES = 40


def power(engine: Engine) -> str:
    """Return on, off, or cut (from the network)."""
    if not engine.is_on():
        return "off"
    return "cut" if engine.is_cut() else "on"


def dark(engines: Iterable[Engine]) -> str | None:
    """Name the nodes without power or network; the swarm itself learns of them seconds later."""
    states = {engine.name: power(engine) for engine in engines}
    return (
        ", ".join(f"{name} is {state}" for name, state in states.items() if state != "on") or None
    )


def ailing(known: dict[str, str], engines: Iterable[Engine]) -> str | None:
    """Name the nodes that the swarm does not call ready."""
    states = {engine.name: known.get(engine.name, "unknown") for engine in engines}
    bad = (f"{name} is {state}" for name, state in states.items() if state != "ready")
    return ", ".join(bad) or None


def last_words(log: Path) -> str:
    """Return the last lines of a log; of a crash the first ones, before those of each goroutine."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    crash = next((n for n, line in enumerate(lines) if line.startswith(_CRASH)), None)
    return "\n".join(lines[-_LINES:] if crash is None else lines[crash : crash + _LINES])


def swarm_view(managers: Iterable[Engine]) -> dict[str, str]:
    """Return name → state as the first manager that answers knows it; empty if none does."""
    for engine in managers:
        with suppress(LabError):
            return engine.swarm_nodes()
    return {}
