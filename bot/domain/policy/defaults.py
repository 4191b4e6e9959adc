"""An environment's own update policy, for rollouts that name none.

Neither in the line, nor in the service's spec: Swarm would then pause at the first failure, after
five seconds of watching.
"""

from collections.abc import Collection
from dataclasses import fields
from datetime import timedelta

from bot.domain.flags.flag import Edit
from bot.domain.jsontypes import JsonValue, Spec
from bot.domain.policy.model import Environment, UpdateDefaults
from bot.domain.spec import EditMode, apply_edits
from bot.domain.units import format_duration, parse_ratio

_FLAG_OF = {each.name: f"update-{each.name.replace('_', '-')}" for each in fields(UpdateDefaults)}
_JOBS = ("ReplicatedJob", "GlobalJob")


def with_update_defaults(spec: Spec, where: Environment, flags: Collection[str]) -> Spec:
    """Return the spec with the environment's update policy, as if its flags had been typed.

    Args:
        spec: as it will be posted, raw. One that has an `UpdateConfig` keeps it; a job has none.
        where: the environment that the spec is in.
        flags: names of the flags that were typed; one `--update-…` means that the person has
            thought of it.

    Returns:
        An equal spec when there is nothing to add.
    """
    typed = any(flag in flags for flag in _FLAG_OF.values())
    edits = _edits(where.update)
    if typed or not edits or spec.get("UpdateConfig") or _is_job(spec):
        return spec
    # scale, because update would sort the mounts, too
    return apply_edits(spec, edits, mode=EditMode.SCALE)


def where_from(where: Environment) -> str:
    """Return the sentence that says so in the plan."""
    said = update_defaults_in_words(where)
    return f"neither the line nor the service has an update policy: {where.name}'s is taken, {said}"


def update_defaults_in_words(where: Environment) -> str:
    """Return the environment's update policy in one line; empty if it has none."""
    return ", ".join(f"{name} {_shown(value)}" for name, value in _set(where.update))


def _set(defaults: UpdateDefaults) -> list[tuple[str, object]]:
    values = [(each.name, getattr(defaults, each.name)) for each in fields(defaults)]
    return [(name, value) for name, value in values if value is not None]


def _edits(defaults: UpdateDefaults) -> list[Edit]:
    return [Edit(_FLAG_OF[name], _value(value)) for name, value in _set(defaults)]


def _value(value: object) -> JsonValue:
    """Return a value as the flag's kind would make it of the typed text."""
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1) * 1000
    if isinstance(value, float):
        return parse_ratio(f"{value:.9f}")  # never with an exponent
    return value


def _shown(value: object) -> str:
    return format_duration(value) if isinstance(value, timedelta) else str(value)


def _is_job(spec: Spec) -> bool:
    return any(mode in (spec.get("Mode") or {}) for mode in _JOBS)
