"""Whether a right is granted, by which line, and if not, what stood in the way."""

from dataclasses import replace

from bot.domain.policy.decision import Context, Decision, Outcome
from bot.domain.policy.matching import fits
from bot.domain.policy.membership import roles_of
from bot.domain.policy.model import Environment, Grant, Policy, VerbGroup
from bot.domain.policy.resource import Resource
from bot.domain.request import Principal

NO_GROUPS = "Slack could not be asked for your user groups, so they do not count now"
NOTHING = "the policy grants nothing to anybody"
_WORDS = {
    VerbGroup.ROLLBACK: "roll back",
    VerbGroup.NODE: "change",
    VerbGroup.BREAK_GLASS: "break the glass for",
    VerbGroup.APPROVE: "oversee changes of",
}


def granting(
    policy: Policy,
    who: Principal,
    verb: VerbGroup,
    what: Resource,
    where: tuple[Environment | None, Context],
) -> Grant | None:
    """Return the first line that grants a right, or None.

    Args:
        policy: the rules.
        who: the person.
        verb: the right.
        what: the thing.
        where: its environment, None while nobody has looked (then a line for any environment may
            be meant, and is decided on again), and the circumstances.
    """
    environment, context = where
    roles = roles_of(policy, who, context)
    for grant in policy.grants:
        if grant.role in roles and verb in grant.may and covers(grant, what, environment, context):
            return grant
    return None


def covers(grant: Grant, what: Resource, environment: Environment | None, context: Context) -> bool:
    """Return whether a line is about this thing, in this environment, typed in this channel."""
    if grant.services is not None and not (what.service and fits(what.service, grant.services)):
        return False
    if grant.channels is not None and context.channel not in grant.channels:
        return False
    if grant.clusters is not None and what.cluster not in grant.clusters:
        return False
    if grant.environments is None or environment is None:
        return True
    return environment.name in grant.environments


def stranger(policy: Policy, who: Principal, cluster: str, context: Context) -> Decision | None:
    """Return why a person has no right in a cluster, whatever it is on; None if there is one.

    What is said is the same of every cluster, also of one that there is not.
    """
    roles = roles_of(policy, who, context)
    there = (g for g in policy.grants if g.clusters is None or cluster in g.clusters)
    if policy.open_to_all or any(grant.role in roles for grant in there):
        return None
    reasons = ["no rule lets you" if policy.grants else NOTHING]
    if context.groups is None:
        reasons.append(NO_GROUPS)
    return Decision(
        outcome=Outcome.DENY, reasons=tuple(reasons), rule="no grant", policy=policy.hash
    )


def refusal(
    policy: Policy,
    verb: VerbGroup,
    what: Resource,
    environment: Environment | None,
    context: Context,
) -> tuple[str, ...]:
    """Return why no line grants it: who may, or that nobody may."""
    place = f" in {environment.name}" if environment else ""
    reasons = [f"no rule lets you {words(verb)} {what.name}{place}"]
    others = sorted(
        {
            grant.role
            for grant in policy.grants
            if verb in grant.may and covers(grant, what, environment, context)
        }
    )
    if not policy.grants:
        reasons.append(NOTHING)
    elif others:
        reasons.append(f"the role{'s' * (len(others) > 1)} {', '.join(others)} may")
    elif elsewhere := _channels(policy, verb, what, environment, context):
        reasons.append(f"that is for {' '.join(f'<#{each}>' for each in elsewhere)}")
    if context.groups is None:
        reasons.append(NO_GROUPS)
    return tuple(reasons)


def _channels(
    policy: Policy,
    verb: VerbGroup,
    what: Resource,
    environment: Environment | None,
    context: Context,
) -> list[str]:
    found: set[str] = set()
    for grant in policy.grants:
        for channel in grant.channels or ():
            there = replace(context, channel=channel)
            if verb in grant.may and covers(grant, what, environment, there):
                found.add(channel)
    return sorted(found)


def words(verb: VerbGroup) -> str:
    """Return a right as a verb in a sentence."""
    return _WORDS.get(verb, verb.value)
