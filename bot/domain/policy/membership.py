"""Who somebody is, by the roles of the policy."""

from bot.domain.policy.decision import Context
from bot.domain.policy.model import Members, Policy
from bot.domain.request import Principal


def is_member(members: Members, who: Principal, groups: frozenset[str] | None) -> bool:
    """Return whether a person is among the members.

    Args:
        members: empty means nobody.
        who: by ids.
        groups: the person's user groups; None when nobody could tell: then they are in none.
    """
    if not who.user:
        return False
    if members.everyone or who.user in members.users:
        return True
    return groups is not None and bool(members.groups & groups)


def roles_of(policy: Policy, who: Principal, context: Context) -> frozenset[str]:
    """Return the names of the roles that a person has."""
    return frozenset(
        name for name, members in policy.roles.items() if is_member(members, who, context.groups)
    )
