"""One walk is a few lines about one service; it is walked in both worlds and compared."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.parity.differences import LEFT_TO_CHANCE, in_order, normalised
from tests.parity.engine import RawEngine
from tests.parity.worlds import World
from tests.waiting import eventually

NAME = "twin"
IMAGE = "{reg}/httpd:v1"


@dataclass(frozen=True)
class Seen:
    """What a line left behind.

    Attributes:
        refused: why, in the words of who refused; empty if it was done.
        spec: of the service, None if there is none.
        kept: slots whose task is still right; None where nobody runs tasks that stay.
        shuffled: the line changed but the order of something that the docker CLI leaves to chance;
            tasks are then replaced, for nothing.
    """

    refused: str
    spec: dict[str, Any] | None
    kept: tuple[int, ...] | None
    shuffled: bool = False


def created(flags: str = "", command: str = "", name: str = NAME, image: str = IMAGE) -> str:
    """Return a line that makes the service."""
    words = ["docker service create", flags, f"--name {name}", image, command]
    return " ".join(word for word in words if word)


def updated(flags: str, name: str = NAME) -> str:
    """Return a line that changes it."""
    return f"docker service update {flags} {name}"


def walk(
    world: World,
    engine: RawEngine,
    lines: Sequence[str],
    name: str = NAME,
    *,
    digests: bool = True,
) -> list[Seen]:
    """Say the lines one after the other, and return what each left; nothing stays.

    Args:
        digests: the docker CLI resolves them, so that they are compared.
    """
    seen: list[Seen] = []
    try:
        for line in lines:
            old = engine.spec_of(name)
            before = _before(engine, name, old)
            refused = world.run(line.replace("{reg}", engine.registry))
            spec = engine.spec_of(name)
            kept = _kept(engine, name, before, spec)
            plain = normalised(spec, digests=digests) if spec else None
            seen.append(Seen(refused, plain, kept, shuffled=_is_shuffled(old, spec)))
    finally:
        engine.remove(name)
    return seen


def _replicas(spec: dict[str, Any] | None) -> int | None:
    mode = (spec or {}).get("Mode", {}).get("Replicated")
    return mode.get("Replicas", 1) if mode is not None else None


def _before(engine: RawEngine, name: str, spec: dict[str, Any] | None) -> dict[str, int]:
    """Return the tasks that are right, when there is one for each slot."""
    replicas = _replicas(spec)
    if not replicas:
        return {}

    def ready() -> dict[str, int]:
        fresh = engine.fresh(name)
        return fresh if len(set(fresh.values())) >= replicas else {}

    return eventually(ready, f"{replicas} tasks of {name}")


def _kept(
    engine: RawEngine, name: str, before: dict[str, int], spec: dict[str, Any] | None
) -> tuple[int, ...] | None:
    """Return the slots whose task need not be replaced, by the Engine's own word.

    It says so at once and of all: the filter runs the very function by which its updater chooses
    (swarmkit, orchestrator.IsTaskDirty), whatever pace the update has.
    """
    replicas = _replicas(spec)
    if replicas is None:
        return None
    fresh = engine.fresh(name)
    slots = {slot for task, slot in before.items() if task in fresh}
    if replicas >= len(set(before.values())):
        return tuple(sorted(slots))
    # It chooses by itself which slots go; how many stay is what the line says.
    return tuple(range(min(replicas, len(slots))))


def _is_shuffled(old: dict[str, Any] | None, new: dict[str, Any] | None) -> bool:
    if not old or not new:
        return False
    return any(
        pick(old) != pick(new) and in_order(pick(old)) == in_order(pick(new))
        for pick in LEFT_TO_CHANCE
    )


def differences(lines: Sequence[str], theirs: Sequence[Seen], ours: Sequence[Seen]) -> str:
    """Return where the worlds part, in words; empty if nowhere."""
    for line, cli, waggle in zip(lines, theirs, ours, strict=True):
        if not _agree(cli, waggle):
            return "\n".join((*_told(lines, line), *_parted(cli, waggle)))
    return ""


def _agree(cli: Seen, waggle: Seen) -> bool:
    same = bool(cli.refused) == bool(waggle.refused) and cli.spec == waggle.spec
    return same and (cli.kept == waggle.kept or cli.shuffled)


def _told(lines: Sequence[str], at: str) -> list[str]:
    return [f"{'→' if line == at else ' '} {line}" for line in lines]


def _parted(cli: Seen, waggle: Seen) -> list[str]:
    words = [
        f"  the CLI: {cli.refused or 'done'}",
        f"  Waggle: {waggle.refused or 'done'}",
    ]
    if cli.kept != waggle.kept:
        words.append(f"  slots kept: {cli.kept} by the CLI, {waggle.kept} by Waggle")
    diff = difflib.unified_diff(
        _pretty(cli.spec), _pretty(waggle.spec), "docker CLI", "Waggle", lineterm="", n=4
    )
    return [*words, *diff]


def _pretty(spec: dict[str, Any] | None) -> list[str]:
    return json.dumps(spec, indent=1, sort_keys=True).splitlines()
