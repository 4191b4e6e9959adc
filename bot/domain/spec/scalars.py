"""Rules for single fields and for groups of fields that get defaults together."""

from __future__ import annotations

from bot.domain.errors import BadFlagValue, UserError
from bot.domain.jsontypes import JsonObject
from bot.domain.spec.tree import Work, branch, put
from bot.domain.units import NANOS_PER_SECOND

_RESOURCES = "TaskTemplate.Resources"

CHANGE_DEFAULTS: JsonObject = {
    "Parallelism": 1,
    "FailureAction": "pause",
    "Monitor": 5 * NANOS_PER_SECOND,
    "MaxFailureRatio": 0,
    "Order": "stop-first",
}
"""Swarm's UpdateConfig and RollbackConfig when nothing is said (swarmkit api/defaults)."""

_RESTART_DEFAULTS: JsonObject = {
    "Condition": "any",
    "Delay": 5 * NANOS_PER_SECOND,
    "MaxAttempts": 0,
}
_EMPTY_ON_CREATE = ("Test", "Retries")
"""Of a health check: on create, `''` and 0 of these are as if nothing had been said."""
_NEVER_LEFT_OUT = ("Parallelism", "MaxFailureRatio", "Order")


def set_field(work: Work) -> None:
    """The last value counts; a zero one takes the field away."""
    work.put(work.values("set")[-1])


def set_pointer(work: Work) -> None:
    """The last value counts; zero is a value of its own."""
    work.put(work.values("set")[-1], keep_zero=True)


def edit_resource(work: Work) -> None:
    """A limit or reservation; the CLI then sends both objects, and 0 leaves the field out."""
    branch(work.spec, f"{_RESOURCES}.Limits")
    branch(work.spec, f"{_RESOURCES}.Reservations")
    set_field(work)


def edit_force(work: Work) -> None:
    """--force counts ForceUpdate up, which makes each task's spec new."""
    if work.values("set")[-1]:
        work.put((work.old() or 0) + 1)


def edit_change_config(work: Work) -> None:
    """--update-* or --rollback-*: one flag fills the rest with Swarm's defaults."""
    if not work.old():
        work.put(dict(CHANGE_DEFAULTS))
    for field, value in work.changes:
        keep = field in _NEVER_LEFT_OUT
        put(work.spec, f"{work.path}.{field}", value, keep_zero=keep)


def edit_restart(work: Work) -> None:
    """--restart-*: one flag fills the rest with Swarm's defaults."""
    if not work.old():
        work.put(dict(_RESTART_DEFAULTS))
    for field, value in work.changes:
        put(work.spec, f"{work.path}.{field}", value, keep_zero=True)


def edit_healthcheck(work: Work) -> None:
    """--health-* change single fields; --no-healthcheck replaces all of it.

    Raises:
        UserError: both at once.
    """
    switched_off = any(work.values("none"))
    settings = [(field, value) for field, value in work.changes if field != "none"]
    if work.creating:
        settings = [each for each in settings if each[1] or each[0] not in _EMPTY_ON_CREATE]
    if switched_off:
        if settings:
            raise UserError(
                "--no-healthcheck does not go with the --health- flags.", "Take one away."
            )
        work.put({"Test": ["NONE"]})
        return
    health = branch(work.spec, work.path)
    if (health.get("Test") or [""])[0] == "NONE":
        del health["Test"]
    for field, value in settings:
        wrapped = ["CMD-SHELL", value] if field == "Test" and value else value
        put(work.spec, f"{work.path}.{field}", wrapped)
    # An update leaves an empty one, create only where a duration is said: all as the CLI does.
    if work.creating and not settings:
        work.put(None)


def edit_mode(work: Work) -> None:
    """--mode, --replicas and --max-concurrent of a new service.

    Raises:
        UserError: numbers for a mode that has none.
    """
    mode = (work.values("set") or ["replicated"])[-1]
    replicas = (work.values("replicas") or [None])[-1]
    concurrent = (work.values("concurrent") or [None])[-1]
    if mode.startswith("global") and replicas is not None:
        raise UserError(
            f"--replicas does not go with --mode {mode}: that runs one task on each node."
        )
    if mode != "replicated-job" and concurrent is not None:
        raise UserError("--max-concurrent goes with --mode replicated-job only.")
    # What is not said, the Engine makes 1, or as many as are said; said here, the plan is honest.
    said = [number for number in (replicas, concurrent) if number is not None]
    count = said[0] if said else 1
    modes: dict[str, tuple[str, JsonObject]] = {
        "replicated": ("Replicated", {"Replicas": count}),
        "global": ("Global", {}),
        "replicated-job": (
            "ReplicatedJob",
            {
                "MaxConcurrent": count if concurrent is None else concurrent,
                "TotalCompletions": count,
            },
        ),
        "global-job": ("GlobalJob", {}),
    }
    name, value = modes[mode]
    work.spec["Mode"] = {name: value}


def edit_replicas(work: Work) -> None:
    """--replicas of an update: replicated services only.

    Raises:
        BadFlagValue: the service is global or a job.
    """
    count = work.values("set")[-1]
    replicated = (work.spec.get("Mode") or {}).get("Replicated")
    if replicated is None:
        raise BadFlagValue(
            "replicas", str(count), f"this service is {mode_of(work.spec)}, not replicated"
        )
    replicated["Replicas"] = count


def scale(work: Work) -> None:
    """`scale SERVICE=N`: replicated services, and the completions of replicated jobs.

    Raises:
        UserError: the service runs one task on each node.
    """
    count = work.values("set")[-1]
    mode = work.spec.get("Mode") or {}
    if mode.get("Replicated") is not None:
        mode["Replicated"]["Replicas"] = count
    elif mode.get("ReplicatedJob") is not None:
        mode["ReplicatedJob"]["TotalCompletions"] = count
    else:
        raise UserError(
            f"This service is {mode_of(work.spec)}: one task on each node, it cannot be scaled.",
            "Constraints say on which nodes: `update --constraint-add node.labels.K==V SERVICE`.",
        )


def mode_of(spec: JsonObject) -> str:
    """`replicated`, `global`, `replicated-job` or `global-job`."""
    names = {"Global": "global", "ReplicatedJob": "replicated-job", "GlobalJob": "global-job"}
    mode = spec.get("Mode") or {}
    return next((word for key, word in names.items() if mode.get(key) is not None), "replicated")
