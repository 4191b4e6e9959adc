"""Going back: to which revision, and what has to be posted for it.

Swarm keeps one previous spec and toggles between two; this goes back to any recorded one, by its
whole spec. It is posted under its own RollbackConfig, and its UpdateConfig is restored after.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from bot.domain.history import entry_of
from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.refusal import Refusal
from bot.domain.revision import History, Mark, RevisionEntry, RevisionSpec
from bot.domain.typed import typed

_SECOND = 1_000_000_000

ROLLBACK_DEFAULTS: JsonObject = {
    "Parallelism": 1,
    "Delay": 0,
    "FailureAction": "pause",
    "Monitor": 5 * _SECOND,
    "MaxFailureRatio": 0,
    "Order": "stop-first",
}
"""Swarm's own, for a spec without RollbackConfig (swarmkit api/defaults)."""


def choose(history: History, to: int | None = None, *, under_way: bool = False) -> int | Refusal:
    """The number of the revision to go back to.

    Without `to`: the nearest good one on the line that led to the current one, else the newest
    other one that is good; a revision that was found running counts as good unless it is marked
    bad. If none is known to be good, the nearest that is not bad.

    Args:
        history: of the service.
        to: the number that was asked for; a bad one is gone to when asked for.
        under_way: for a rollout that is about to make a revision: the current one counts, too.
    """
    if to is not None:
        return _asked_for(history, to)
    earlier = _earlier(history, under_way=under_way)
    candidates = [entry for entry in earlier if entry.mark is not Mark.BAD]
    good = [entry for entry in candidates if entry.mark is Mark.GOOD or entry.found]
    if candidates:
        return (good or candidates)[0].number
    why = "all the earlier ones are marked bad" if earlier else "nothing is recorded before it"
    name = history.service
    see, to_any, rm = (
        typed(line, history.cluster)
        for line in (f"history {name}", f"rollback --to N {name}", f"rm {name}")
    )
    others = f"See `{see}`; `{to_any}` goes to any of them."
    return Refusal(
        why=f"There is no good revision of {name} to go back to: {why}.",
        next_step=others if len(history.entries) > 1 else f"`{rm}` removes it.",
    )


def _earlier(history: History, *, under_way: bool) -> list[RevisionEntry]:
    """What ran before, the nearest first.

    Numbers alone do not tell: after 1, 2, back to 1, and 3, it is 1 that ran before 3.
    """
    line: list[RevisionEntry] = []
    entry = entry_of(history, history.current)
    while entry is not None:
        line.append(entry)
        before = entry.number - 1 if entry.after is None else entry.after
        entry = entry_of(history, before)
    if not under_way:
        line = line[1:]
    others = [entry for entry in reversed(history.entries) if entry.number < history.current]
    return [*line, *(entry for entry in others if entry not in line)]


def _asked_for(history: History, to: int) -> int | Refusal:
    numbers = [entry.number for entry in history.entries]
    if to not in numbers:
        known = f"{numbers[0]} to {numbers[-1]}" if numbers else "none yet"
        return Refusal(
            why=f"{history.service} has no revision {to} (known: {known}).",
            next_step=f"See `{typed(f'history {history.service}', history.cluster)}`.",
        )
    if to == history.current:
        return Refusal(why=f"{history.service} is at revision {to} already.")
    return to


def restored_spec(
    revision: RevisionSpec,
    live: Spec,
    networks: Mapping[str, str] | None = None,
    *,
    keep_replicas: bool = False,
) -> Spec | Refusal:
    """The recorded spec as it last ran and should stand in the end: whole, with today's networks.

    Args:
        revision: the recorded one.
        live: the present spec; name and mode cannot be changed by an update.
        networks: name → id of the networks that exist; None leaves the recorded ids.
        keep_replicas: keep today's number of replicas.
    """
    spec = deepcopy(revision.posted or revision.spec)
    spec.setdefault("TaskTemplate", {}).setdefault("Placement", {})
    for what, old, new in (
        ("name", spec.get("Name"), live.get("Name")),
        ("mode", _mode(spec), _mode(live)),
    ):
        if old != new:
            return Refusal(
                why=f"Revision {revision.number} has another {what} ({old}, now {new}), and Swarm "
                f"cannot change the {what} of a service.",
            )
    if keep_replicas:
        spec["Mode"] = deepcopy(live["Mode"])
    return _with_networks(spec, revision, networks)


def _with_networks(
    spec: Spec, revision: RevisionSpec, networks: Mapping[str, str] | None
) -> Spec | Refusal:
    if networks is None:
        return spec
    present = set(networks.values())
    attached = [*(spec["TaskTemplate"].get("Networks") or []), *(spec.get("Networks") or [])]
    for net in attached:
        target = str(net.get("Target", ""))
        name = revision.network_names.get(target, target)
        if target not in present and name not in networks:
            return Refusal(
                why=f"Revision {revision.number} needs the network {name}, which is gone.",
                next_step=f"Make it again: `network create {name}`.",
            )
        if target not in present:
            net["Target"] = networks[name]
    return spec


def going_back_spec(restored: Spec) -> Spec:
    """What is posted to get there: the same, with UpdateConfig := its RollbackConfig.

    Job modes have neither (docker/cli: "update and rollback configuration is not supported for
    jobs"), so theirs is posted as it is. A RollbackConfig may say `rollback` when tasks fail (the
    Engine takes it; its own rollback stops by it); in an UpdateConfig that would undo this.
    """
    spec = deepcopy(restored)
    if _mode(spec).endswith("Job"):
        return spec
    pace = deepcopy(restored.get("RollbackConfig") or ROLLBACK_DEFAULTS)
    if pace.get("FailureAction") == "rollback":
        pace["FailureAction"] = "pause"
    spec["UpdateConfig"] = pace
    return spec


def _mode(spec: Spec) -> str:
    return str(next(iter(spec.get("Mode") or {"Replicated": {}})))
