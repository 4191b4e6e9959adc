"""Which environment a thing is in, and whether a name fits a pattern."""

import re
from collections.abc import Iterable
from functools import lru_cache

from bot.domain.policy.model import (
    ELSEWHERE,
    AllOf,
    AnyOf,
    Criterion,
    Environment,
    Match,
    On,
    Policy,
)
from bot.domain.policy.resource import Resource, Side, without_spaces


def environments_of(policy: Policy, what: Resource) -> tuple[Environment, ...]:
    """Return the environments that a thing is in now and will be in, without repetition.

    Nobody has looked yet: none. For each moment the first environment that matches counts.
    """
    if what.environment:
        return tuple(each for each in all_environments(policy) if each.name == what.environment)
    found = [_environment(policy, what, side) for side in what.sides]
    return tuple(dict.fromkeys(found))


def all_environments(policy: Policy) -> tuple[Environment, ...]:
    """Return every environment that a thing can be in, that of what matches none included."""
    if any(each.match is None for each in policy.environments):
        return policy.environments
    return (*policy.environments, ELSEWHERE)


def _environment(policy: Policy, what: Resource, side: Side) -> Environment:
    for environment in policy.environments:
        if environment.match is None or matches(environment.match, what, side):
            return environment
    return ELSEWHERE


def matches(match: Match, what: Resource, side: Side) -> bool:
    """Return whether a thing, as it is at one moment, is what is looked for."""
    if isinstance(match, AnyOf):
        return any(matches(part, what, side) for part in match.parts)
    if isinstance(match, AllOf):
        return bool(match.parts) and all(matches(part, what, side) for part in match.parts)
    return _holds(match, what, side)


def _holds(criterion: Criterion, what: Resource, side: Side) -> bool:
    wanted = criterion.wanted
    if criterion.on is On.LABEL:
        key, has_value, value = wanted.partition("=")
        return key in side.labels and (not has_value or fits(side.labels[key], [value]))
    if criterion.on is On.CONSTRAINT:
        return without_spaces(wanted) in side.constraints
    if criterion.on is On.NETWORK:
        return any(fits(name, [wanted]) for name in side.networks)
    name = {On.SERVICE: what.service, On.CLUSTER: what.cluster, On.NODE: what.node}[criterion.on]
    return bool(name) and fits(name, [wanted])


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a name fits any of the patterns: `*` is anything, `?` one character."""
    return any(_compiled(pattern).fullmatch(name) for pattern in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    # not fnmatch: its [sets] would surprise whoever writes a policy, and it folds case on some OS
    parts = (re.escape(part) for part in re.split(r"([*?])", pattern))
    wild = {re.escape("*"): ".*", re.escape("?"): "."}
    return re.compile("".join(wild.get(part, part) for part in parts), re.DOTALL)
