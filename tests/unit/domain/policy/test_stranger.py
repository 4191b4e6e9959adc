"""Who has no right at all in a swarm, and that this tells nothing of the swarm."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.policy import NOBODY, OPEN, Grant, Members, Outcome, Policy, VerbGroup, stranger
from bot.domain.request import Principal
from tests.unit.domain.policy.rules import OPERATOR, STRANGER, a_context, a_policy

READ = frozenset({VerbGroup.READ})
IN_EU = Policy(
    hash="h",
    roles={"ops": Members(users=frozenset({OPERATOR.user}), groups=frozenset({"S0OPS"}))},
    grants=(Grant(name="grants[0] (ops)", role="ops", may=READ, clusters=frozenset({"eu"})),),
)


@pytest.mark.parametrize(
    ("policy", "who", "cluster", "is_stranger"),
    [
        (IN_EU, OPERATOR, "eu", False),
        (IN_EU, OPERATOR, "us", True),
        (IN_EU, STRANGER, "eu", True),
        (a_policy(), STRANGER, "us", False),
        (OPEN, STRANGER, "us", False),
        (NOBODY, OPERATOR, "eu", True),
    ],
)
def test_who_is_one(policy: Policy, who: Principal, cluster: str, *, is_stranger: bool) -> None:
    assert (stranger(policy, who, cluster, a_context()) is not None) is is_stranger


def test_the_answer_is_the_same_for_a_swarm_that_there_is_and_for_one_that_there_is_not() -> None:
    known = stranger(IN_EU, STRANGER, "eu", a_context())
    assert known is not None
    assert known == stranger(IN_EU, STRANGER, "nowhere", a_context())
    assert (known.outcome, known.reasons) == (Outcome.DENY, ("no rule lets you",))
    assert known.rule == "no grant"


def test_it_is_said_why_there_is_no_right() -> None:
    nobody = stranger(NOBODY, OPERATOR, "eu", a_context())
    assert nobody is not None
    assert nobody.reasons == ("the policy grants nothing to anybody",)
    unasked = stranger(IN_EU, STRANGER, "eu", replace(a_context(), groups=None))
    assert unasked is not None
    assert "Slack could not be asked for your user groups" in unasked.reasons[1]
