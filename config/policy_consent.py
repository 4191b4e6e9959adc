"""How many people could give an approval: who is an approver there and has the right to approve."""

from collections.abc import Mapping, Sequence

from config.policy_model import Grant, Members

RIGHT = "approve"


def most_who_may_approve(
    roles: Mapping[str, Members | None],
    grants: Sequence[Grant | None],
    environment: str,
    approvers: Members,
) -> int | None:
    """Return how many of the approvers can have the right to approve in an environment, at most.

    None: any number, for all that the file says. Who is in a user group is Slack's to know, and
    what is wrong in itself may have meant anybody.
    """
    having: set[str] = set()
    for grant in grants:
        role = roles.get(grant.role) if grant else None
        if grant is None or role is None:
            return None
        if RIGHT in grant.may and (not grant.environments or environment in grant.environments):
            if role.everyone or role.groups:
                return None
            having.update(role.users)
    if approvers.everyone or approvers.groups:
        return len(having)
    named = set(approvers.users)
    return None if named <= having else len(having & named)


def is_granted(grants: Sequence[Grant | None]) -> bool:
    """Return whether any line grants the right to approve, wherever."""
    return any(grant is not None and RIGHT in grant.may for grant in grants)
