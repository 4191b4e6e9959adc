"""Why a decision is as it is, in sentences: for whoever writes the policy.

It decides by `authorize` itself and then tells what that looked at; it decides nothing on its own.
"""

from collections.abc import Iterator
from dataclasses import replace

from bot.domain.policy.admins import may_take_away
from bot.domain.policy.asks import asks
from bot.domain.policy.authorize import authorize
from bot.domain.policy.decision import Context, Decision, Outcome
from bot.domain.policy.grants import covers, words
from bot.domain.policy.matching import environments_of, matches
from bot.domain.policy.membership import roles_of
from bot.domain.policy.model import (
    AllOf,
    AnyOf,
    Environment,
    Grant,
    Match,
    Policy,
    VerbGroup,
)
from bot.domain.policy.resource import Resource
from bot.domain.policy.voters import may_vote
from bot.domain.request import Principal


def explain(
    policy: Policy, who: Principal, verb: VerbGroup, what: Resource, context: Context
) -> tuple[str, ...]:
    """Return the outcome, what decided, and each role, grant and environment that was looked at.

    Args:
        policy: the rules.
        who: the person.
        verb: the right.
        what: the thing, with the sides to judge it on.
        context: the circumstances.
    """
    decision = authorize(policy, who, verb, what, context)
    lines = [_outcome(decision, who, verb, what), f"Decided by: {decision.rule}."]
    lines += [f"Because {reason}." for reason in decision.reasons]
    if policy.open_to_all:
        return tuple(lines)
    roles = sorted(roles_of(policy, who, context))
    lines.append(f"{who.user} is in {_list(roles)}." if roles else f"{who.user} is in no role.")
    if policy.groups and not context.groups:
        lines.append("No user group of theirs was given, so nobody is in a role by a group here.")
    found = environments_of(policy, what)
    itself = environments_of(policy, replace(what, takes=()))
    lines += [f"Environment {line}" for line in _environments(policy, what, itself)]
    for grant in policy.grants:
        lines.append(f"{grant.name}: {_grant(grant, roles, verb, (what, found, context))}.")
    for piece in what.pieces:
        lines += _of_piece(policy, roles, verb, piece, context)
    lines += [f"{each.name}: {line}" for each in found for line in asks(each)]
    if verb is VerbGroup.APPROVE:
        lines += [_vote(policy, each, who, context) for each in found]
    if verb is VerbGroup.LOCK:
        lines.append(_stealing(may_take_away(policy, who, context.groups)))
    return tuple(lines)


def _of_piece(
    policy: Policy, roles: list[str], verb: VerbGroup, piece: Resource, context: Context
) -> Iterator[str]:
    """Yield how a secret or config that is new to the service was judged by itself."""
    places = environments_of(policy, piece)
    for line in _environments(policy, piece, places):
        yield f"{piece.name}: environment {line}"
    for grant in policy.grants:
        if grant.role in roles and verb in grant.may:
            how = _grant(grant, roles, verb, (piece, places, context))
            yield f"{piece.name}: {grant.name}: {how}."


def _vote(policy: Policy, environment: Environment, who: Principal, context: Context) -> str:
    """Say whether they are listed: to vote takes no grant."""
    asked = (environment.name, environment.approvals)
    decision = may_vote(policy, asked, who, context.groups)
    if decision.outcome is Outcome.ALLOW:
        return f"On requests in {environment.name} their vote counts: {decision.rule} lists them."
    return f"On requests in {environment.name} their vote does not count: {decision.why}."


def _stealing(decision: Decision) -> str:
    if decision.outcome is Outcome.ALLOW:
        return f"Where they may lock, they may take away somebody else's lock, by {decision.rule}."
    return f"They may not take away somebody else's lock: {decision.why}."


def _outcome(decision: Decision, who: Principal, verb: VerbGroup, what: Resource) -> str:
    deed = f"{words(verb)} {what.name}"
    if decision.outcome is Outcome.ALLOW:
        return f"{who.user} may {deed}."
    if decision.outcome is Outcome.DENY:
        return f"{who.user} may not {deed}."
    return f"{who.user} may {deed} once it is approved."


def _environments(policy: Policy, what: Resource, found: tuple[Environment, ...]) -> Iterator[str]:
    """Yield why each environment is the one or is not, until all that count are found."""
    left = set(found)
    for environment in policy.environments:
        if not left:
            return
        left.discard(environment)
        if environment.match is None:
            yield f"{environment.name}: it is for what matches no other."
        elif environment in found:
            yield f"{environment.name}: it matches by {_true(environment.match, what)}."
        else:
            yield f"{environment.name}: it does not match: {_said(environment.match)}."
    for environment in left:
        yield f"{environment.name}: nothing matches, and it asks for nothing."


def _true(match: Match, what: Resource) -> str:
    """Return the part that is true."""
    if isinstance(match, AnyOf):
        return next(_true(part, what) for part in match.parts if _holds(part, what))
    return _said(match)


def _holds(match: Match, what: Resource) -> bool:
    return any(matches(match, what, side) for side in what.sides)


def _said(match: Match) -> str:
    if isinstance(match, AnyOf):
        return f"any of ({', '.join(map(_said, match.parts))})"
    if isinstance(match, AllOf):
        return f"all of ({', '.join(map(_said, match.parts))})"
    return f"{match.on.value} `{match.wanted}`"


def _grant(
    grant: Grant,
    roles: list[str],
    verb: VerbGroup,
    where: tuple[Resource, tuple[Environment, ...], Context],
) -> str:
    if grant.role not in roles:
        return "they are not in the role"
    if verb not in grant.may:
        return f"it does not grant {verb.value}"
    missed = list(_missed(grant, *where))
    return f"it is only for {'; '.join(missed)}" if missed else "it applies"


def _missed(
    grant: Grant, what: Resource, found: tuple[Environment, ...], context: Context
) -> Iterator[str]:
    """Yield each restriction that is not met, asked for one by one as the decision does."""
    alone = Grant(name=grant.name, role=grant.role, may=grant.may)

    def met(only: Grant, environment: Environment | None = None) -> bool:
        return covers(only, what, environment, context)

    if not met(replace(alone, services=grant.services)):
        yield f"services {_list(grant.services or ())}"
    if not met(replace(alone, channels=grant.channels)):
        yield f"lines typed in {_list(sorted(grant.channels or ()))}"
    if not met(replace(alone, clusters=grant.clusters)):
        yield f"clusters {_list(sorted(grant.clusters or ()))}"
    by_place = replace(alone, environments=grant.environments)
    if outside := [each.name for each in found if not met(by_place, each)]:
        yield f"environments {_list(sorted(grant.environments or ()))}, not {_list(outside)}"


def _list(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names)
