"""Secrets and configs of a revision to go back to: they may be gone, or have been made anew.

Swarm keeps those that a present spec uses and no others, and a new one of the same name is another
one to it. As networks, they are found again by their names.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy

from bot.domain.errors import NotFound
from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.observation import PieceView
from bot.ports import SwarmReader
from bot.usecases.pieces import Pieces


def with_present_files(
    swarm: SwarmReader, spec: Spec, revision: int
) -> tuple[Spec, list[str], Pieces]:
    """Return the spec with today's ids of its secrets and configs, and what to know of them.

    Last those that are others than the recorded ones: nobody has judged them for this service.

    Raises:
        NotFound: one of them is gone.
        EngineUnavailableError: the Engine does not answer.
    """
    restored, warnings, anew = deepcopy(spec), [], Pieces()
    container = (restored.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    ways: tuple[tuple[str, Callable[[Sequence[str]], list[PieceView]]], ...] = (
        ("Secret", swarm.secrets),
        ("Config", swarm.configs),
    )
    for title, read in ways:
        entries = container.get(f"{title}s") or []
        found = _found(entries, title, read)
        ids = {name: piece.id for name, piece in found.items()}
        _renew_credential_spec(container, ids)
        for entry in entries:
            if told := _renew(entry, title, ids, revision):
                warnings += told
                anew = anew.with_one(title.lower(), found[entry[f"{title}Name"]])
    return restored, list(dict.fromkeys(warnings)), anew


def _found(
    entries: Sequence[JsonObject], title: str, read: Callable[[Sequence[str]], list[PieceView]]
) -> dict[str, PieceView]:
    names = list(dict.fromkeys(str(entry.get(f"{title}Name")) for entry in entries))
    return {piece.name: piece for piece in read(names)} if names else {}


def _renew_credential_spec(container: JsonObject, ids: dict[str, str]) -> None:
    """Let a credential spec out of a config name today's id, before the configs do."""
    spec = (container.get("Privileges") or {}).get("CredentialSpec") or {}
    for config in container.get("Configs") or []:
        if spec.get("Config") and spec["Config"] == config.get("ConfigID"):
            spec["Config"] = ids.get(config["ConfigName"], spec["Config"])
            return


def _renew(entry: JsonObject, title: str, ids: dict[str, str], revision: int) -> list[str]:
    """Put today's id in; say so if it is another one."""
    name, what = str(entry.get(f"{title}Name")), title.lower()
    if name not in ids:
        raise NotFound(
            f"Revision {revision} needs the {what} {name}, which is gone.",
            f"Nothing was changed. Make it again: `docker {what} create {name} FILE`.",
        )
    if entry.get(f"{title}ID") == ids[name]:
        return []
    entry[f"{title}ID"] = ids[name]
    return [f"the {what} `{name}` was made anew since: what it holds may be another thing"]
