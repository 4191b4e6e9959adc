"""The role `admin` means something by its name.

Its people hear of a broken policy file, and they alone take away somebody else's lock.
"""

from typing import Final

from bot.domain.policy.authorize import IS_OPEN
from bot.domain.policy.decision import Decision, Outcome
from bot.domain.policy.membership import is_member
from bot.domain.policy.model import Members, Policy
from bot.domain.request import Principal

ADMIN: Final = "admin"
_RULE: Final = f"roles.{ADMIN}"


def admins(policy: Policy) -> Members:
    """Return who is in the role; nobody where the file has none."""
    return policy.roles.get(ADMIN, Members())


def may_take_away(policy: Policy, who: Principal, groups: frozenset[str] | None) -> Decision:
    """Decide whether `who` may take away a lock that somebody else holds.

    The right `lock` there is decided on by itself: both are needed.

    Args:
        policy: the rules in force.
        who: the person, by ids.
        groups: the person's user groups; None when nobody could tell: then they are in none.
    """
    if policy.open_to_all:
        return Decision(outcome=Outcome.ALLOW, reasons=(IS_OPEN,), rule="open", policy=policy.hash)
    role = admins(policy)
    if is_member(role, who, groups):
        return Decision(outcome=Outcome.ALLOW, rule=_RULE, policy=policy.hash)
    reasons = [f"only who is in the role {ADMIN} takes away somebody else's lock"]
    if not (role.everyone or role.users or role.groups):
        reasons.append("nobody is in it")
    elif role.groups and groups is None:
        reasons.append("Slack could not be asked for your user groups, so they do not count now")
    return Decision(outcome=Outcome.DENY, reasons=tuple(reasons), rule=_RULE, policy=policy.hash)
