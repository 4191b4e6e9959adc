"""What the docker CLI does with a line and does not say: one sentence each, for the plan.

The spec is the CLI's all the same. Env values and options of drivers are in none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.domain.flags.flag import Edit
from bot.domain.jsontypes import Spec
from bot.domain.spec.removals import nothing_to_remove, ports, removals_that_win
from bot.domain.spec.said import MOST, Said, Suggest, brief, listed

_CONTAINER = "TaskTemplate.ContainerSpec"
_CONSTRAINT = re.compile(r"([^=!\s]+)\s*(?:==|!=)")
_KEYS = (
    "node.id", "node.hostname", "node.ip", "node.role", "node.platform.os", "node.platform.arch",
    "node.labels", "engine.labels",
)  # fmt: skip
"""What Swarm looks at (swarmkit manager/constraint); anything else it takes and never finds."""

_LABELS = ("node.labels.", "engine.labels.")
_DECIMAL_MODE = re.compile(r"(?:^|,)mode=([1-7][0-7]{2,3})(?:,|$)")


def cautions(edits: Sequence[Edit], base: Spec | None, suggest: Suggest) -> tuple[str, ...]:
    """What the person may not expect of these edits.

    Args:
        edits: of one `create` or `update`.
        base: the spec that they change; None for a create.
        suggest: finds the word that was likely meant.
    """
    said = Said(edits, base or {}, suggest)
    always = (_log_options, _strange_constraints, _decimal_modes)
    updating = (
        nothing_to_remove, removals_that_win, ports, _lost_log_options, _twice, _capabilities,
        _no_effect,
    ) if base is not None else ()  # fmt: skip
    found = list(dict.fromkeys(line for rule in (*always, *updating) for line in rule(said)))
    more = len(found) - MOST
    return tuple(found) if more <= 0 else (*found[:MOST], f"and {more} more of this sort")


def _log_options(said: Said) -> Iterator[str]:
    if said.values("log-opt") and not any(said.values("log-driver")):
        yield "--log-opt without --log-driver does nothing, as in docker: name the driver, too"


def _lost_log_options(said: Said) -> Iterator[str]:
    if not any(said.values("log-driver")):
        return
    kept = {option.partition("=")[0] for option in said.values("log-opt")}
    lost = sorted(set(said.old("TaskTemplate.LogDriver.Options") or {}) - kept)
    if lost:
        yield f"--log-driver replaces all options: {listed(lost)} will be gone"


def _strange_constraints(said: Said) -> Iterator[str]:
    for text in said.values("constraint", "constraint-add"):
        match = _CONSTRAINT.match(text)
        key = match[1] if match else text
        if key.lower() in _KEYS[:-2] or key.lower().startswith(_LABELS):
            continue
        meant = said.suggest(key, _KEYS)
        hint = f"; did you mean `{meant}`?" if meant else ""
        yield f"no node ever matches `{brief(text)}`: Swarm knows no `{brief(key)}`{hint}"


def _decimal_modes(said: Said) -> Iterator[str]:
    for edit in said.edits:
        if edit.flag.removesuffix("-add") not in ("secret", "config"):
            continue
        found = _DECIMAL_MODE.search(edit.text)
        if found:
            mode = edit.value["File"]["Mode"]
            yield f"mode={found[1]} is decimal, so {mode:#o} in octal: write mode=0{found[1]}"


def _no_effect(said: Said) -> Iterator[str]:
    if said.values("max-concurrent"):
        yield "--max-concurrent does nothing to a service that is there, as in docker"


def _twice(said: Said) -> Iterator[str]:
    there = list(said.old("TaskTemplate.Placement.Constraints") or [])
    for text in said.values("constraint-add"):
        if text in there:
            yield f"the constraint `{brief(text)}` will be there twice, as in docker"
        there.append(text)


def _capabilities(said: Said) -> Iterator[str]:
    for flag, other, key in (
        ("cap-drop", "cap-add", "CapabilityAdd"),
        ("cap-add", "cap-drop", "CapabilityDrop"),
    ):
        undone = set(said.old(f"{_CONTAINER}.{key}") or [])
        won_over = set(said.values("cap-add")) if flag == "cap-drop" else set()
        for name in dict.fromkeys(said.values(flag)):
            if name in undone - won_over:
                yield (
                    f"--{flag} {name} only takes the earlier --{other} back, as in docker: say it "
                    "again in a second update to go on"
                )
        if flag == "cap-drop":
            for name in sorted(won_over & set(said.values(flag))):
                yield f"--cap-add beats --cap-drop: {name} is not dropped"
