"""Which event a change of state means, and which channels hear of it."""

from dataclasses import replace
from itertools import product

import pytest

from bot.domain.approval.record import ApprovalState
from bot.domain.notice import (
    Notice,
    Topic,
    has_begun,
    hearers,
    is_loud,
    of_approval,
    of_rollout,
    reply_id,
    root_id,
    rules_of,
    wants,
)
from bot.domain.outbox import row_before
from bot.domain.policy import NOBODY, Environment, NotifyOn, NotifyRule, Policy
from bot.domain.rollout.record import RolloutState
from bot.domain.rollout.state import LIVE, TRANSITIONS
from bot.domain.subscription import Subscription, subscription_id
from tests.builders import NOW, a_rollout

S, ON = RolloutState, NotifyOn
WEB = Topic(service="web", environments=("production",), own="C1")


def rule(*on: NotifyOn, channels: tuple[str, ...] = ("C2",)) -> NotifyRule:
    return NotifyRule(channels=channels, on=frozenset(on))


def a_policy(**rules: NotifyRule) -> Policy:
    return Policy(environments=tuple(Environment(name=n, notify=r) for n, r in rules.items()))


def subscribed(pattern: str, *on: NotifyOn, channel: str = "C3") -> Subscription:
    return Subscription(
        id=subscription_id("default", channel, pattern),
        cluster="default",
        channel=channel,
        pattern=pattern,
        on=frozenset(on),
        by="U1ANN",
        since=NOW,
    )


# -- events


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        (S.PLANNED, S.PROGRESSING, ON.STARTED),
        (S.PLANNED, S.ROLLING_BACK, ON.STARTED),
        (S.PROGRESSING, S.PAUSED, ON.PAUSED),
        (S.PROGRESSING, S.STALLED, ON.STALLED),
        (S.PROGRESSING, S.COMPLETED, ON.COMPLETED),
        (S.PROGRESSING, S.FAILED, ON.FAILED),
        (S.PROGRESSING, S.ABORTED, ON.ABORTED),
        (S.PROGRESSING, S.SUPERSEDED, ON.SUPERSEDED),
        (S.ROLLING_BACK, S.ROLLED_BACK, ON.ROLLED_BACK),
        (S.COMPLETED, S.PAUSED, ON.PAUSED),
        (S.PAUSED, S.PROGRESSING, None),
        (S.PROGRESSING, S.ROLLING_BACK, None),
        (S.COMPLETED, S.ROLLING_BACK, None),
        (S.PROGRESSING, S.PROGRESSING, None),
        (S.PLANNED, S.ABORTED, None),
        (S.PLANNED, S.REFUSED, None),
        (S.ACCEPTED, S.SHOWN, None),
    ],
)
def test_a_change_of_state_is_an_event(
    before: RolloutState, after: RolloutState, event: NotifyOn | None
) -> None:
    assert of_rollout(before, after) is event


def test_of_what_never_begins_nothing_is_told() -> None:
    """A dry run, a refusal, a plan that is dropped: no channel hears of them."""
    for before, after in product(RolloutState, RolloutState):
        if after in TRANSITIONS[before] and not has_begun(before, after):
            assert of_rollout(before, after) is None
    unseen = {S.ACCEPTED, S.PLANNED}
    assert all(has_begun(b, a) == (b not in unseen or a in LIVE) for b in LIVE | unseen for a in S)


def test_a_request_is_told_at_its_beginning_and_its_end_by_people_or_time() -> None:
    told = {state: of_approval(state) for state in ApprovalState}
    assert told == {
        ApprovalState.PENDING: ON.REQUESTED,
        ApprovalState.APPROVED: ON.APPROVED,
        ApprovalState.REJECTED: ON.REJECTED,
        ApprovalState.EXPIRED: ON.EXPIRED,
        ApprovalState.CANCELLED: None,
        ApprovalState.VOID: None,
    }


@pytest.mark.parametrize("event", [*NotifyOn, None])
def test_only_what_asks_for_people_is_loud(event: NotifyOn | None) -> None:
    asks = {ON.REQUESTED, ON.PAUSED, ON.STALLED, ON.FAILED, ON.ROLLED_BACK}
    assert is_loud(Notice(subject=a_rollout(), event=event)) == (event in asks)


def test_broken_glass_is_loud_at_the_start_and_when_it_is_to_be_reviewed() -> None:
    broken = a_rollout(glass="the shop is down")
    assert is_loud(Notice(subject=broken, event=ON.STARTED))
    assert not is_loud(Notice(subject=broken, event=ON.APPROVED))
    for state, event in ((S.COMPLETED, ON.COMPLETED), (S.SUPERSEDED, ON.SUPERSEDED)):
        ended = replace(broken, state=state)
        assert is_loud(Notice(subject=ended, event=event))
        assert not is_loud(Notice(subject=ended))  # the one message is in the channel anyway
        assert not is_loud(Notice(subject=replace(ended, glass=""), event=event))


# -- who hears


def test_the_rule_of_each_environment_counts_and_each_channel_hears_once() -> None:
    policy = a_policy(
        test=rule(ON.FAILED, channels=("C2", "C4")),
        production=rule(ON.FAILED, channels=("C5", "C2")),
        other=rule(ON.FAILED, channels=("C9",)),
    )
    topic = replace(WEB, environments=("test", "production"))
    own = subscribed("web*", ON.FAILED, channel="C4")
    assert hearers(policy, [own], topic, ON.FAILED) == ("C2", "C4", "C5")


def test_the_level_of_a_rule_holds() -> None:
    policy = a_policy(production=rule(ON.FAILED))
    assert hearers(policy, [], WEB, ON.FAILED) == ("C2",)
    assert hearers(policy, [], WEB, ON.COMPLETED) == ()
    assert hearers(NOBODY, [], WEB, ON.FAILED) == ()


def test_broken_glass_is_heard_by_every_channel_of_the_environment() -> None:
    policy = a_policy(production=rule(), other=rule(channels=("C9",)))
    assert hearers(policy, [], WEB, ON.STARTED) == ()
    assert hearers(policy, [], replace(WEB, glass_broken=True), ON.STARTED) == ("C2",)


def test_the_rollouts_own_channel_is_not_told_twice() -> None:
    policy = a_policy(production=rule(ON.FAILED, channels=("C1", "C2")))
    own = subscribed("*", ON.FAILED, channel="C1")
    assert hearers(policy, [own], WEB, ON.FAILED) == ("C2",)


@pytest.mark.parametrize(
    ("pattern", "service", "fits"),
    [
        ("web*", "web", True),
        ("web*", "web-2", True),
        ("w?b", "web", True),
        ("web", "web-2", False),
        ("*", "", False),
    ],
)
def test_a_subscription_fits_by_its_pattern(pattern: str, service: str, *, fits: bool) -> None:
    assert wants(subscribed(pattern, ON.FAILED), service, ON.FAILED) == fits


def test_a_subscription_is_for_its_events_while_it_holds() -> None:
    mine = subscribed("web", ON.FAILED)
    assert not wants(mine, "web", ON.COMPLETED)
    assert not wants(replace(mine, ended_at=NOW), "web", ON.FAILED)


def test_the_rules_that_tell_a_channel() -> None:
    failed = rule(ON.FAILED)
    assert rules_of(a_policy(a=failed, b=rule(channels=())), "C2") == (("a", failed),)


# -- ids


def test_a_subscription_is_one_for_a_channel_and_a_pattern() -> None:
    ids = {subscription_id(*key) for key in product(("a", "b"), ("C1", "C2"), ("x", "y"))}
    assert len(ids) == 8
    assert subscription_id("a", "C1", "x") in ids


def test_the_thread_has_an_order_and_its_parent_none() -> None:
    assert row_before(reply_id("r-1", "C2", 2)) == reply_id("r-1", "C2", 1)
    assert row_before(root_id("r-1", "C2")) is None
