from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.policy import (
    NOBODY,
    OPEN,
    ApprovalRule,
    Beyond,
    Criterion,
    Environment,
    Extent,
    Grant,
    ImageRule,
    Limits,
    Members,
    On,
    Outcome,
    Piece,
    Resource,
    Side,
    VerbGroup,
)
from bot.domain.request import Principal
from tests.unit.domain.policy.rules import (
    ALL,
    NOW,
    OPERATOR,
    a_policy,
    a_window,
    decided,
    moving,
    web,
)

ALLOW, ASK, DENY = Outcome.ALLOW, Outcome.REQUIRE_APPROVAL, Outcome.DENY
TWO = ApprovalRule(required=2, approvers=Members(groups=frozenset({"S1"})))
PROD = Environment(name="prod", match=Criterion(On.LABEL, "prod"), approvals=TWO)
TEST = Environment(name="test", match=Criterion(On.LABEL, "test"))
IN_PROD, IN_TEST = Side(labels={"prod": ""}), Side(labels={"test": ""})
HOUR = timedelta(hours=1)
READS = [VerbGroup.READ, VerbGroup.LOCK, VerbGroup.APPROVE]
BREAKER = Grant(name="g", role="all", may=ALL - {VerbGroup.BREAK_GLASS})


@pytest.mark.parametrize("verb", VerbGroup)
def test_nobody_s_policy_lets_nobody(verb: VerbGroup) -> None:
    decision = decided(NOBODY, verb)
    assert (decision.outcome, decision.rule) == (DENY, "no grant")
    assert decision.why.startswith("no rule lets you")


@pytest.mark.parametrize("verb", VerbGroup)
def test_the_open_policy_lets_everybody_and_says_so(verb: VerbGroup) -> None:
    decision = decided(OPEN, verb, web(), Principal(team="", user=""), break_glass=True)
    assert (decision.outcome, decision.rule) == (ALLOW, "open")
    assert decision.glass_broken
    assert "WAGGLE_POLICY=open" in decision.why


def test_who_has_no_id_may_nothing() -> None:
    assert decided(a_policy(), VerbGroup.READ, who=Principal(team="T1", user="")).outcome is DENY


def test_the_rule_that_grants_is_named() -> None:
    decision = decided(a_policy(TEST), VerbGroup.UPDATE, web(IN_TEST))
    assert (decision.outcome, decision.rule) == (ALLOW, "grants[0] (all)")
    assert decision.environments == ("test",)
    assert decision.reasons == ()
    assert not decision.glass_broken


def test_what_needs_approval_says_whose() -> None:
    decision = decided(a_policy(PROD), VerbGroup.REMOVE, web(IN_PROD))
    assert (decision.outcome, decision.rule) == (ASK, "environments.prod.approvals")
    assert (decision.approval, decision.asked_in) == (TWO, "prod")
    assert decision.why == "to remove in prod needs the yes of 2 people"


def test_one_person_is_one_person() -> None:
    one = replace(PROD, approvals=replace(TWO, required=1))
    assert decided(a_policy(one), what=web(IN_PROD)).why.endswith("the yes of 1 person")


@pytest.mark.parametrize("verb", [*READS, VerbGroup.ROLLBACK, VerbGroup.NODE])
def test_a_verb_that_is_not_listed_needs_the_right_alone(verb: VerbGroup) -> None:
    assert decided(a_policy(PROD), verb, web(IN_PROD)).outcome is ALLOW


def test_the_stricter_of_two_environments_asks() -> None:
    three = replace(TEST, approvals=replace(TWO, required=3))
    for sides in ((IN_PROD, IN_TEST), (IN_TEST, IN_PROD)):
        decision = decided(a_policy(PROD, three), what=web(*sides))
        assert decision.approval is not None
        assert decision.approval.required == 3
        assert decision.rule == "environments.test.approvals"


@pytest.mark.parametrize("sides", [(IN_TEST, IN_PROD), (IN_PROD, IN_TEST)])
def test_of_equally_strict_ones_the_one_that_is_listed_first_asks(sides: tuple[Side, Side]) -> None:
    both = replace(TEST, approvals=TWO)
    assert decided(a_policy(PROD, both), what=web(*sides)).rule == "environments.prod.approvals"


@pytest.mark.parametrize("sides", [(IN_TEST, IN_PROD), (IN_PROD, IN_TEST)])
def test_what_either_environment_demands_holds_for_who_says_yes(sides: tuple[Side, Side]) -> None:
    anybody = Members(everyone=True)
    easy = ApprovalRule(
        required=3, approvers=anybody, self_approval=True, expires=timedelta(hours=2)
    )
    strict = replace(TWO, remind=timedelta(minutes=10))
    policy = a_policy(
        replace(PROD, approvals=strict), replace(TEST, approvals=replace(easy, remind=HOUR))
    )
    rule = decided(policy, what=web(*sides)).approval
    assert rule is not None
    assert (rule.required, rule.self_approval, rule.expires) == (3, False, strict.expires)
    assert {rule.approvers, *rule.also} == {anybody, TWO.approvers}
    assert rule.remind is None


def test_a_right_is_needed_in_each_environment_that_it_is_in_and_goes_to() -> None:
    grant = Grant(name="g", role="all", may=ALL, environments=frozenset({"test"}))
    policy = a_policy(PROD, TEST, grants=[grant])
    assert decided(policy, what=web(IN_TEST)).outcome is ALLOW
    decision = decided(policy, what=web(IN_TEST, IN_PROD))
    assert decision.outcome is DENY
    assert decision.why == "no rule lets you update web in prod"
    assert decision.environments == ("prod", "test")


def test_while_nobody_has_looked_only_what_is_refused_everywhere_is_refused() -> None:
    unseen = Resource(cluster="default", service="web")
    decision = decided(a_policy(PROD), what=unseen)
    assert (decision.outcome, decision.environments) == (ALLOW, ())
    assert decided(a_policy(PROD, grants=[]), what=unseen).outcome is DENY


# -- freezes and locks


@pytest.mark.parametrize("verb", VerbGroup)
def test_a_freeze_holds_all_but_reads_and_what_it_lets_pass(verb: VerbGroup) -> None:
    window = a_window(passes=frozenset({VerbGroup.ROLLBACK}), reason="weekend")
    decision = decided(a_policy(PROD), verb, web(IN_PROD), windows=(window,))
    if verb in {*READS, VerbGroup.ROLLBACK}:
        assert decision.outcome is ALLOW
        return
    assert (decision.outcome, decision.rule) == (DENY, "freeze or lock")
    assert "prod is frozen until 2026-11-27 18:00 UTC (weekend)" in decision.why


@pytest.mark.parametrize(
    "window",
    [
        a_window(environment="test"),
        a_window(ends=NOW),
        a_window(begins=NOW + timedelta(seconds=1)),
    ],
)
def test_a_freeze_elsewhere_or_at_another_time_holds_nothing(window: object) -> None:
    assert decided(a_policy(PROD), what=web(IN_PROD), windows=(window,)).outcome is ASK


def test_a_freeze_begins_at_its_first_second() -> None:
    window = a_window(begins=NOW)
    decision = decided(a_policy(PROD), what=web(IN_PROD), windows=(window,))
    assert decision.why == "prod is frozen until 2026-11-27 18:00 UTC"


# -- images and limits


def test_an_image_is_refused_where_it_may_not_run() -> None:
    rules = replace(PROD, images=ImageRule(allow=("reg/*", "lib/*"), require_digest=True))
    extent = Extent(image="evil/web")
    decision = decided(a_policy(rules), what=web(IN_PROD, extent=extent))
    assert (decision.outcome, decision.rule) == (DENY, "images")
    assert decision.reasons == (
        "images in prod come from reg/*, lib/*; evil/web does not",
        "prod wants the digest in the line: evil/web@sha256:…",
    )
    assert decision.why == "; ".join(decision.reasons)
    good = Extent(image="reg/web", digest_typed=True)
    assert decided(a_policy(rules), what=web(IN_PROD, extent=good)).outcome is ASK


def test_what_comes_into_an_environment_is_judged_whole_there() -> None:
    rules = replace(PROD, images=ImageRule(allow=("reg/*",), require_digest=True))
    extent = moving(12, 12, runs="evil/web")
    moved = decided(a_policy(rules, TEST), what=web(IN_TEST, IN_PROD, extent=extent))
    assert (moved.outcome, moved.rule) == (DENY, "images")
    assert moved.reasons == (
        "images in prod come from reg/*; evil/web does not",
        "prod wants the digest in the line: evil/web@sha256:…",
    )
    back = decided(a_policy(rules, TEST), VerbGroup.ROLLBACK, web(IN_TEST, IN_PROD, extent=extent))
    assert back.reasons == moved.reasons[:1]
    for sides in ((IN_PROD, IN_PROD), (IN_PROD, IN_TEST), (IN_PROD,)):
        assert decided(a_policy(rules, TEST), what=web(*sides, extent=extent)).outcome is ASK


def test_one_replica_is_one() -> None:
    limited = replace(PROD, limits=Limits(replicas=1, step=1))
    refused = decided(a_policy(limited), what=web(IN_PROD, IN_PROD, extent=moving(1, 3)))
    assert refused.reasons == (
        "prod is limited to 1 replica, this asks for 3",
        "prod changes by at most 1 replica at once, this by +2",
    )


def test_what_comes_into_an_environment_counts_there_whole() -> None:
    limited = replace(PROD, limits=Limits(replicas=10))
    policy = a_policy(limited, TEST)
    moved = decided(policy, what=web(IN_TEST, IN_PROD, extent=moving(12, 11)))
    assert moved.why == "prod is limited to 10 replicas, this asks for 11"
    for sides in ((IN_PROD, IN_PROD), (IN_PROD, IN_TEST)):
        assert decided(policy, what=web(*sides, extent=moving(12, 11))).outcome is ASK


def test_images_are_not_passed_by_breaking_the_glass() -> None:
    rules = replace(PROD, images=ImageRule(allow=("reg/*",)))
    what = web(IN_PROD, extent=Extent(image="evil/web"))
    assert decided(a_policy(rules), what=what, break_glass=True).outcome is DENY


@pytest.mark.parametrize(
    ("extent", "says"),
    [
        (moving(1, 11), "test is limited to 10 replicas, this asks for 11"),
        (moving(None, 11), "test is limited to 10 replicas"),
        (moving(1, 6), "test changes by at most 4 replicas at once, this by +5"),
        (moving(9, 4), "test changes by at most 4 replicas at once, this by -5"),
        (moving(1, 5), ""),
        (moving(None, 5), "test changes by at most 4 replicas at once, this by +5"),
        (moving(None, 10), "this by +10"),  # a new one counts from 0
        (moving(None, 4), ""),
        (moving(14, 12), ""),  # on its way back below
        (moving(12, 12), ""),
        (moving(3, None), ""),
        (None, ""),
    ],
)
def test_limits_are_of_the_number_and_of_the_step(extent: Extent | None, says: str) -> None:
    limited = replace(TEST, limits=Limits(replicas=10, step=4))
    decision = decided(a_policy(limited), VerbGroup.SCALE, web(IN_TEST, extent=extent))
    assert decision.outcome is (DENY if says else ALLOW)
    assert says in decision.why
    assert not says or decision.rule == "limits"


def test_a_limit_of_none_lets_not_even_one() -> None:
    limited = replace(TEST, limits=Limits(replicas=0))
    decision = decided(a_policy(limited), VerbGroup.CREATE, web(IN_TEST, extent=moving(None, 1)))
    assert decision.why == "test is limited to 0 replicas, this asks for 1"


def test_past_a_limit_it_may_ask_instead() -> None:
    limited = replace(TEST, limits=Limits(replicas=10, beyond=Beyond.APPROVE))
    decision = decided(a_policy(limited), VerbGroup.SCALE, web(IN_TEST, extent=moving(1, 11)))
    assert decision.outcome is ASK
    assert decision.approval is not None
    assert decision.approval.required == 1
    assert decision.reasons == (
        "test is limited to 10 replicas, this asks for 11",
        "to scale in test needs the yes of 1 person",
    )


def test_past_a_limit_the_usual_number_is_asked_if_there_is_one() -> None:
    creates = replace(TWO, verbs=frozenset({VerbGroup.CREATE}))
    limited = replace(PROD, approvals=creates, limits=Limits(step=1, beyond=Beyond.APPROVE))
    decision = decided(a_policy(limited), VerbGroup.SCALE, web(IN_PROD, extent=moving(1, 5)))
    assert decision.approval is not None
    assert decision.approval.required == 2


def test_no_limit_keeps_anybody_from_going_back() -> None:
    limited = replace(PROD, limits=Limits(replicas=2, step=1))
    decision = decided(a_policy(limited), VerbGroup.ROLLBACK, web(IN_PROD, extent=moving(1, 5)))
    assert decision.outcome is ALLOW


def test_a_refusal_beats_a_question() -> None:
    limited = replace(PROD, limits=Limits(replicas=10))
    decision = decided(a_policy(limited), VerbGroup.SCALE, web(IN_PROD, extent=moving(1, 11)))
    assert (decision.outcome, decision.approval) == (DENY, None)


# -- break glass


def test_broken_glass_passes_approvals_freezes_and_limits() -> None:
    limited = replace(PROD, limits=Limits(replicas=1))
    what = web(IN_PROD, extent=moving(1, 9))
    decision = decided(
        a_policy(limited), VerbGroup.SCALE, what, windows=(a_window(),), break_glass=True
    )
    assert (decision.outcome, decision.glass_broken) == (ALLOW, True)
    frozen, past, asks = decision.passed
    assert frozen.startswith("prod is frozen until")
    assert past == "prod is limited to 1 replica, this asks for 9"
    assert asks == "to scale in prod needs the yes of 2 people"


def test_broken_glass_passes_what_would_be_refused_and_what_would_be_asked_for() -> None:
    asked = replace(TEST, limits=Limits(step=2, beyond=Beyond.APPROVE))
    refused = replace(PROD, limits=Limits(replicas=1, beyond=Beyond.REFUSE))
    what = web(IN_PROD, IN_TEST, extent=moving(1, 9))
    decision = decided(
        a_policy(refused, asked), VerbGroup.SCALE, what, locks=("locked",), break_glass=True
    )
    assert decision.passed == (
        "locked",
        "prod is limited to 1 replica, this asks for 9",
        "test changes by at most 2 replicas at once, this by +8",
        "to scale in prod needs the yes of 2 people",
    )


def test_what_nothing_is_in_the_way_of_passes_nothing() -> None:
    assert decided(a_policy(TEST), what=web(IN_TEST), break_glass=True).passed == ()
    assert decided(a_policy(PROD), what=web(IN_PROD)).passed == ()


@pytest.mark.parametrize("verb", VerbGroup)
def test_under_the_open_policy_locks_alone_are_passed(verb: VerbGroup) -> None:
    decision = decided(OPEN, verb, web(), locks=("locked",), break_glass=True)
    assert decision.passed == (() if verb in READS else ("locked",))


def test_breaking_the_glass_is_a_right_of_its_own() -> None:
    decision = decided(a_policy(PROD, grants=[BREAKER]), what=web(IN_PROD), break_glass=True)
    assert decision.outcome is DENY
    assert decision.why == "no rule lets you break the glass for web in prod"


def test_breaking_the_glass_grants_no_other_right() -> None:
    only = Grant(name="g", role="all", may=frozenset({VerbGroup.BREAK_GLASS}))
    assert decided(a_policy(grants=[only]), who=OPERATOR, break_glass=True).outcome is DENY


def test_a_recorded_image_needs_no_digest_in_the_line_but_must_be_one_that_may_run() -> None:
    rule = ImageRule(allow=("reg/*",), require_digest=True)
    policy = a_policy(Environment(name="prod", images=rule))
    for image, outcome in (("reg/web", Outcome.ALLOW), ("elsewhere/web", Outcome.DENY)):
        what = web(Side(), extent=moving(9, 1, image=image))
        assert decided(policy, VerbGroup.ROLLBACK, what).outcome is outcome, image


KEY = Piece(kind="secret", name="key", labels={"prod": ""})


def test_a_piece_brings_the_demands_of_where_it_belongs() -> None:
    what = web(IN_TEST, IN_TEST, takes=(KEY,))
    decision = decided(a_policy(PROD, TEST), VerbGroup.UPDATE, what)
    assert (decision.outcome, decision.asked_in) == (ASK, "prod")
    assert decision.environments == ("prod", "test")


def test_a_piece_is_placed_by_its_labels_not_by_the_services_name() -> None:
    test = replace(TEST, match=Criterion(On.SERVICE, "web"))
    decision = decided(a_policy(test, PROD), VerbGroup.UPDATE, web(takes=(KEY,)))
    assert (decision.outcome, decision.asked_in) == (ASK, "prod")


def test_a_line_for_some_services_gives_no_piece() -> None:
    line = Grant(name="g", role="all", may=ALL, services=("web",))
    rules = a_policy(TEST, grants=[line])
    plain = replace(KEY, labels={})
    assert decided(rules, VerbGroup.UPDATE, web()).outcome is ALLOW
    decision = decided(rules, VerbGroup.UPDATE, web(takes=(plain,)))
    assert decision.outcome is DENY
    assert decision.reasons[0] == "no rule lets you update secret key in default"
    assert decision.environments == ("default",)
    more = replace(line, services=None, environments=frozenset({"default"}))
    both = a_policy(TEST, grants=[line, more])
    assert decided(both, VerbGroup.UPDATE, web(takes=(plain,))).outcome is ALLOW


def test_a_piece_does_not_hide_what_a_service_enters() -> None:
    allowed = Environment(
        name="prod", match=Criterion(On.LABEL, "prod"), images=ImageRule(allow=("reg/*",))
    )
    what = web(IN_TEST, IN_PROD, takes=(KEY,), extent=Extent(runs="other/web"))
    assert decided(a_policy(allowed, TEST), VerbGroup.UPDATE, what).outcome is DENY
