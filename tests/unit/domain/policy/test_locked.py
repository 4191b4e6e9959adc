"""Locks in decisions: under the open policy, too; and an environment as what is acted on."""

from dataclasses import replace

import pytest

from bot.domain.policy import (
    OPEN,
    Context,
    Environment,
    Grant,
    Members,
    Outcome,
    Policy,
    Resource,
    VerbGroup,
    all_environments,
    authorize,
)
from tests.builders import ANN, NOW

WEB = Resource(cluster="default", service="web")
LOCKED = Context(now=NOW, locks=("web is locked",))


def test_a_lock_holds_under_the_open_policy() -> None:
    decision = authorize(OPEN, ANN, VerbGroup.UPDATE, WEB, LOCKED)
    assert (decision.outcome, decision.reasons) == (Outcome.DENY, LOCKED.locks)
    assert decision.rule == "freeze or lock"
    assert authorize(OPEN, ANN, VerbGroup.READ, WEB, LOCKED).outcome is Outcome.ALLOW
    broken = authorize(OPEN, ANN, VerbGroup.UPDATE, WEB, replace(LOCKED, break_glass=True))
    assert (broken.outcome, broken.glass_broken) == (Outcome.ALLOW, True)


def _may_lock(*environments: str) -> Policy:
    grant = Grant(
        name="grants[0]",
        role="ops",
        may=frozenset({VerbGroup.LOCK}),
        environments=frozenset(environments),
    )
    return Policy(
        roles={"ops": Members(everyone=True)},
        grants=(grant,),
        environments=(Environment(name="production", match=None),),
    )


@pytest.mark.parametrize(
    ("granted", "outcome"), [("production", Outcome.ALLOW), ("staging", Outcome.DENY)]
)
def test_an_environment_is_what_is_acted_on(granted: str, outcome: Outcome) -> None:
    what = Resource(cluster="default", environment="production")
    decision = authorize(_may_lock(granted), ANN, VerbGroup.LOCK, what, Context(now=NOW))
    assert decision.outcome is outcome
    if outcome is Outcome.DENY:
        assert "environment production" in decision.why


def test_what_matches_none_has_an_environment_too() -> None:
    assert [each.name for each in all_environments(OPEN)] == ["default"]
    assert [each.name for each in all_environments(_may_lock())] == ["production"]
