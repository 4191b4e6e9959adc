"""The first policy that was asked for, as a table: who, what, where → what comes of it."""

from dataclasses import replace

import pytest

from bot.domain.policy import (
    NOBODY,
    OPEN,
    Extent,
    Outcome,
    Resource,
    Side,
    VerbGroup,
    authorize,
    may_vote,
)
from bot.domain.request import Principal
from tests.unit.domain.policy.rules import (
    ELSEWHERE,
    HERE,
    OPERATOR,
    STRANGER,
    a_context,
    a_window,
    issue_policy,
    web,
)

POLICY = issue_policy()
ADMIN = Principal(team="T1", user="U002")
BY_GROUP = frozenset({"S0OPS"})
ALLOW, ASK, DENY = Outcome.ALLOW, Outcome.REQUIRE_APPROVAL, Outcome.DENY
V = VerbGroup


@pytest.mark.parametrize(
    ("who", "verb", "side", "channel", "outcome"),
    [
        (OPERATOR, V.READ, HERE, "C0OPS", ALLOW),
        (STRANGER, V.READ, HERE, "C9", ALLOW),
        (STRANGER, V.UPDATE, HERE, "C0OPS", DENY),
        (ADMIN, V.UPDATE, HERE, "C0OPS", DENY),
        (OPERATOR, V.UPDATE, HERE, "C0OPS", ASK),
        (OPERATOR, V.SCALE, HERE, "C0OPS", ASK),
        (OPERATOR, V.ROLLBACK, HERE, "C0OPS", ALLOW),
        (OPERATOR, V.UPDATE, HERE, "C9", DENY),
        (OPERATOR, V.UPDATE, HERE, "", DENY),
        (OPERATOR, V.REMOVE, HERE, "C0OPS", DENY),
        (OPERATOR, V.CREATE, HERE, "C0OPS", DENY),
        (OPERATOR, V.NODE, HERE, "C0OPS", DENY),
        (OPERATOR, V.BREAK_GLASS, HERE, "C0OPS", DENY),
        (OPERATOR, V.UPDATE, ELSEWHERE, "C0OPS", DENY),  # granted in staging and production only
        (OPERATOR, V.APPROVE, HERE, "C0OPS", DENY),  # to oversee; who votes: see below
    ],
)
def test_who_may_what(
    who: Principal, verb: VerbGroup, side: Side, channel: str, outcome: Outcome
) -> None:
    decision = authorize(POLICY, who, verb, web(side), a_context(channel=channel))
    assert decision.outcome is outcome


@pytest.mark.parametrize(
    ("who", "groups", "outcome"),
    [
        (STRANGER, frozenset({"S0SRE"}), ALLOW),  # no line grants `approve`: to be listed is enough
        (STRANGER, BY_GROUP, DENY),
        (STRANGER, frozenset(), DENY),
        (STRANGER, None, DENY),
        (OPERATOR, frozenset(), DENY),
        (OPERATOR, frozenset({"S0SRE"}), ALLOW),
        (ADMIN, frozenset(), DENY),
    ],
)
def test_who_may_approve(who: Principal, groups: frozenset[str] | None, outcome: Outcome) -> None:
    asks = authorize(POLICY, OPERATOR, V.UPDATE, web(HERE), a_context())
    assert asks.approval is not None
    asked = (asks.asked_in, asks.approval)
    assert may_vote(POLICY, asked, who, groups).outcome is outcome
    assert may_vote(NOBODY, asked, who, groups).outcome is DENY
    assert may_vote(OPEN, asked, who, groups).outcome is outcome  # it still asks whom it asked


@pytest.mark.parametrize(
    ("what", "production"),
    [
        (web(Side(labels={"env": "prod"})), True),
        (web(Side(labels={"env": "production"})), False),
        (web(Side(constraints=frozenset({"node.labels.env==prod"}))), True),
        (web(Side(constraints=frozenset({"node.labels.env!=prod"}))), False),
        (web(Side(networks=frozenset({"prod", "test"}))), True),
        (web(Side(networks=frozenset({"prod2"}))), False),
        (web(Side(), cluster="eu"), True),
        (web(Side(), service="prod_web"), True),
        (web(Side(), service="web_prod"), False),
    ],
)
def test_what_is_production(what: Resource, production: bool) -> None:  # noqa: FBT001
    decision = authorize(POLICY, STRANGER, V.READ, what, a_context())
    assert decision.environments == ("production" if production else "default",)


@pytest.mark.parametrize("sides", [(ELSEWHERE, HERE), (HERE, ELSEWHERE)])
def test_moving_into_production_or_out_of_it_is_judged_on_both(sides: tuple[Side, Side]) -> None:
    grants = (replace(POLICY.grants[1], environments=None),)
    policy = replace(POLICY, grants=grants)
    decision = authorize(policy, OPERATOR, V.UPDATE, web(*sides), a_context())
    assert decision.outcome is ASK
    assert decision.approval is not None
    assert decision.approval.required == 2
    assert set(decision.environments) == {"production", "default"}


def test_an_operator_by_group_is_one_only_while_slack_says_so() -> None:
    for groups, outcome in ((BY_GROUP, ASK), (frozenset(), DENY), (None, DENY)):
        context = a_context(groups=groups)
        assert authorize(POLICY, STRANGER, V.UPDATE, web(HERE), context).outcome is outcome


def test_a_service_of_another_name_is_not_the_operators() -> None:
    what = web(HERE, service="db")
    assert authorize(POLICY, OPERATOR, V.UPDATE, what, a_context()).outcome is DENY


@pytest.mark.parametrize(
    ("image", "typed", "says"),
    [
        ("registry.example.com/web", True, ""),
        ("registry.example.com/web", False, "production wants the digest in the line"),
        ("docker.io/web", True, "images in production come from registry.example.com/*"),
        ("", False, ""),
    ],
)
def test_images_of_production(image: str, typed: bool, says: str) -> None:  # noqa: FBT001
    what = web(HERE, extent=Extent(image=image, digest_typed=typed))
    decision = authorize(POLICY, OPERATOR, V.UPDATE, what, a_context())
    assert decision.outcome is (DENY if says else ASK)
    assert not says or says in decision.why


@pytest.mark.parametrize(("verb", "outcome"), [(V.UPDATE, DENY), (V.ROLLBACK, ALLOW)])
def test_the_weekend_holds_all_but_a_rollback(verb: VerbGroup, outcome: Outcome) -> None:
    weekend = a_window(environment="production", reason="weekend", passes=frozenset({V.ROLLBACK}))
    decision = authorize(POLICY, OPERATOR, verb, web(HERE), a_context(windows=(weekend,)))
    assert decision.outcome is outcome


def test_past_the_limit_it_asks_and_says_by_how_much() -> None:
    what = web(HERE, extent=Extent(replicas_old=45, replicas_new=60))
    decision = authorize(POLICY, OPERATOR, V.SCALE, what, a_context())
    assert decision.outcome is ASK
    assert "production is limited to 50 replicas, this asks for 60" in decision.why
    assert "production changes by at most 10 replicas at once, this by +15" in decision.why
