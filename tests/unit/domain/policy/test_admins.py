"""Who may take away somebody else's lock: the role `admin`, and nobody where it has nobody."""

from dataclasses import replace

import pytest

from bot.domain.policy import (
    NOBODY,
    OPEN,
    Decision,
    Members,
    Outcome,
    Policy,
    admins,
    may_take_away,
)
from bot.domain.request import Principal
from tests.unit.domain.policy.rules import EVERYBODY, OPERATOR, STRANGER, a_policy

PERSON = Members(users=frozenset({OPERATOR.user}))
GROUP = Members(groups=frozenset({"S0BOSS"}))
NAMELESS = Principal(team="T1", user="")
NO = "only who is in the role admin takes away somebody else's lock"


def rules(members: Members | None) -> Policy:
    """Return rules by which everybody may do everything, with these admins."""
    policy = a_policy()
    return policy if members is None else replace(policy, roles={**policy.roles, "admin": members})


def judged(
    members: Members | None, who: Principal, *groups: str, known: bool = True
) -> tuple[bool, str]:
    decision = may_take_away(rules(members), who, frozenset(groups) if known else None)
    assert decision.rule == "roles.admin"
    return decision.outcome is Outcome.ALLOW, decision.why


@pytest.mark.parametrize(
    ("members", "who", "groups"),
    [(PERSON, OPERATOR, ()), (GROUP, STRANGER, ("S0BOSS",)), (EVERYBODY, STRANGER, ())],
)
def test_who_is_in_the_role_may(members: Members, who: Principal, groups: tuple[str, ...]) -> None:
    assert judged(members, who, *groups) == (True, "")


@pytest.mark.parametrize(
    ("members", "who", "groups"),
    [
        (PERSON, STRANGER, ("S0BOSS",)),
        (GROUP, OPERATOR, ("S0OPS",)),
        (EVERYBODY, NAMELESS, ()),
    ],
)
def test_who_is_not_in_the_role_may_not(
    members: Members, who: Principal, groups: tuple[str, ...]
) -> None:
    assert judged(members, who, *groups) == (False, NO)


@pytest.mark.parametrize("members", [None, Members()])
def test_where_nobody_is_in_the_role_nobody_may(members: Members | None) -> None:
    assert judged(members, OPERATOR) == (False, f"{NO}; nobody is in it")
    assert judged(members, OPERATOR, known=False) == (False, f"{NO}; nobody is in it")


def test_while_slack_cannot_be_asked_a_group_has_nobody_and_a_person_is_one() -> None:
    away = "Slack could not be asked for your user groups, so they do not count now"
    assert judged(GROUP, STRANGER, known=False) == (False, f"{NO}; {away}")
    both = Members(users=PERSON.users, groups=GROUP.groups)
    assert judged(both, OPERATOR, known=False) == (True, "")
    assert judged(PERSON, STRANGER, known=False) == (False, NO)


def test_with_the_open_policy_everyone_may_and_with_none_nobody() -> None:
    everyone = "WAGGLE_POLICY=open: everyone may do everything"
    open_to = Decision(outcome=Outcome.ALLOW, reasons=(everyone,), rule="open", policy="open")
    assert may_take_away(OPEN, STRANGER, None) == open_to
    assert may_take_away(NOBODY, STRANGER, frozenset()).outcome is Outcome.DENY


def test_who_is_in_the_role_is_what_the_file_says() -> None:
    assert admins(rules(GROUP)) == GROUP
    assert admins(OPEN) == Members()
