"""Which environment a thing is in, and whether a name fits a pattern."""

from collections.abc import Iterable

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
from bot.domain.policy.resource import Resource, Side, as_compared


def environments_of(policy: Policy, what: Resource) -> tuple[Environment, ...]:
    """Return the environments that a thing is in now and will be in, as the file lists them.

    Nobody has looked yet: none. For each moment the first environment that matches counts. Those of
    the secrets and configs that it takes in are among them.
    """
    if what.environment:
        return tuple(each for each in all_environments(policy) if each.name == what.environment)
    found = {
        _environment(policy, each, side) for each in (what, *what.pieces) for side in each.sides
    }
    return tuple(each for each in all_environments(policy) if each in found)


def entered(policy: Policy, what: Resource) -> frozenset[str]:
    """Return the name of the environment that a thing comes into, if it is not in it yet.

    There nothing of it was ever judged: all that it will be counts, not only what is changed.
    """
    if len(what.sides) < 2:  # noqa: PLR2004 - what it is, and what it will be
        return frozenset()
    *before, after = (_environment(policy, what, side).name for side in what.sides)
    return frozenset({after}) - frozenset(before)


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
        return as_compared(wanted) in side.constraints
    if criterion.on is On.NETWORK:
        return any(fits(name, [wanted]) for name in side.networks)
    name = {On.SERVICE: what.service, On.CLUSTER: what.cluster, On.NODE: what.node}[criterion.on]
    return bool(name) and fits(name, [wanted])


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a name fits any of the patterns: `*` is anything, `?` one character."""
    return any(_fits(name, pattern) for pattern in patterns)


def _fits(name: str, pattern: str) -> bool:
    """Walk through both at once; where it goes wrong, let the last star take one character more.

    People type patterns: a regular expression made of one (`*?*?*?…`) was measured to take a minute
    for one name.
    """
    at = position = taken = 0
    star: int | None = None
    while position < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, taken = at, position
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", name[position]):
            at += 1
            position += 1
        elif star is not None:
            taken += 1
            at, position = star + 1, taken
        else:
            return False
    return not pattern[at:].strip("*")
