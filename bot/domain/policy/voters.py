"""Who may say yes or no to a request for approval: whom its rule lists, and nobody else.

To be listed is the right to vote; no grant is needed besides, and none replaces it.
"""

from bot.domain.policy.decision import Decision, Outcome
from bot.domain.policy.grants import NO_GROUPS, NOTHING
from bot.domain.policy.membership import is_member
from bot.domain.policy.model import ApprovalRule, Members, Policy
from bot.domain.request import Principal


def voters(policy: Policy, environment: str, rule: ApprovalRule) -> tuple[Members, ...]:
    """Return the lists in each of which somebody must be for their vote to count.

    Those of the rule as it asked, and that of the rules in force: where they have no such
    environment any more, nobody is in it, and where everyone may do everything, everyone.

    Args:
        policy: the rules in force.
        environment: whose rule asked.
        rule: as it was when it asked.
    """
    known = {each.name: each.approvals.approvers for each in policy.environments}
    in_force = Members(everyone=True) if policy.open_to_all else known.get(environment, Members())
    return (rule.approvers, *rule.also, in_force)


def may_vote(
    policy: Policy,
    asked: tuple[str, ApprovalRule],
    who: Principal,
    groups: frozenset[str] | None,
) -> Decision:
    """Decide whether a person's yes or no to a request counts by who they are.

    Args:
        policy: the rules in force.
        asked: the environment whose rule asked, and the rule as it was.
        who: the person, by ids.
        groups: the person's user groups; None when nobody could tell: then they are in none.
    """
    environment, _ = asked
    line = f"environments.{environment}.approvals.approvers"
    lists = voters(policy, *asked)
    if all(is_member(each, who, groups) for each in lists):
        return Decision(outcome=Outcome.ALLOW, rule=line, policy=policy.hash)
    reasons = [f"you are not among those who may approve in {environment}"]
    if not policy.grants:
        reasons = [f"no rule lets you approve in {environment}", NOTHING]
    if groups is None and any(each.groups for each in lists):
        reasons.append(NO_GROUPS)
    return Decision(outcome=Outcome.DENY, reasons=tuple(reasons), rule=line, policy=policy.hash)
