"""A channel asks to hear of rollouts that run elsewhere, and takes it back."""

from dataclasses import replace

import pytest

from bot.domain.change import Action
from bot.domain.notice import root_id
from bot.domain.policy import (
    Criterion,
    Environment,
    Grant,
    Members,
    NotifyOn,
    NotifyRule,
    On,
    Policy,
    VerbGroup,
)
from bot.domain.policy.events import LEVELS
from bot.domain.reply import SubscriptionList
from bot.domain.subscription import Subscription
from bot.ports import (
    ConflictError,
    Put,
    SlackRefusedError,
    SlackUnavailableError,
    Transaction,
)
from tests.unit.usecases.answering import Desk
from tests.unit.usecases.bed import ANN, BOB, CHANNEL, Bed, KilledError, made
from tests.unit.usecases.faults import kill_at

ON = NotifyOn


def held(bed: Bed) -> list[Subscription]:
    return [stored.value for stored in bed.store.subscriptions("default")]


def says(bed: Bed, line: str) -> str:
    """Type a line; return the private answer."""
    action = bed.type(line)
    bed.work()
    return bed.private(action)


def moved_to(bed: Bed, channel: str) -> None:
    """Let the only subscription be one of another channel."""
    (stored,) = bed.store.subscriptions("default")
    put = Put(record=replace(stored.value, channel=channel), rev=stored.rev)
    bed.store.commit(Transaction(cluster="default", puts=(put,)))


def test_a_channel_subscribes() -> None:
    bed = Bed()
    told = says(bed, "subscribe web* --on failed,rolled_back")
    (mine,) = held(bed)
    assert (mine.channel, mine.pattern, mine.by) == (CHANNEL, "web*", ANN.user)
    assert mine.on == {ON.FAILED, ON.ROLLED_BACK}
    assert "failed, rolled_back" in told
    assert "unsubscribe web*" in told


def in_channel(bed: Bed) -> list[str]:
    return bed.slack.texts(CHANNEL)


def test_the_channel_is_told_what_it_hears_of_and_who_has_seen_to_it() -> None:
    bed = Bed()
    says(bed, "subscribe web* --on failed")
    bed.settle(2)
    (told,) = in_channel(bed)
    assert "hears of `web*` (cluster default): failed." in told
    assert "<@U1ANN>" in told
    assert "`/swarm unsubscribe web*`" in told


@pytest.mark.parametrize("code", ["not_in_channel", "channel_not_found", "is_archived"])
def test_a_channel_in_which_the_bot_cannot_speak_does_not_subscribe(code: str) -> None:
    bed = Bed()
    bed.slack.fail_channel(CHANNEL, SlackRefusedError(code))
    told = says(bed, "subscribe web*")
    assert code in told
    assert "Nothing was changed" in told
    assert ("/invite @waggle" in told) == (code != "is_archived")
    assert held(bed) == []
    bed.settle(3)
    assert in_channel(bed) == []
    bed.slack.fail_channel(CHANNEL, None)
    bed.settle(3)
    assert in_channel(bed) == []  # what was refused is not said later
    assert "hears of web*" in says(bed, "subscribe web*")
    assert len(held(bed)) == len(in_channel(bed)) == 1


def test_what_was_there_before_stays_when_the_bot_was_removed_since() -> None:
    bed = Bed()
    says(bed, "subscribe web* --on failed")
    bed.slack.fail_channel(CHANNEL, SlackRefusedError("not_in_channel"))
    assert "Nothing was changed" in says(bed, "subscribe web*")
    assert [each.on for each in held(bed)] == [{ON.FAILED}]
    assert "no longer" in says(bed, "unsubscribe web*")


def test_while_slack_is_away_it_is_taken_and_said_later() -> None:
    bed = Bed()
    bed.slack.down = SlackUnavailableError("away")
    bed.type("subscribe web*")
    bed.work()
    assert len(held(bed)) == 1
    bed.slack.down = None
    bed.settle(90)
    assert len(in_channel(bed)) == 1


@pytest.mark.parametrize("point", ["subscribe.before_post", "subscribe.after_post"])
def test_killed_around_the_post_it_is_said_and_done_once(point: str) -> None:
    bed = Bed()
    bed.fault = kill_at(point)
    action = bed.type("subscribe web*")
    job = bed.queue.take()
    with pytest.raises(KilledError):
        bed.use.runner(job.name).run(job.subject)
    bed.use.runner(job.name).run(action)
    bed.settle(3)
    assert len(held(bed)) == len(in_channel(bed)) == 1


def test_without_events_it_hears_of_all() -> None:
    bed = Bed()
    assert "all" in says(bed, "subscribe *")
    assert held(bed)[0].on == LEVELS["all"]


def test_saying_it_again_changes_it() -> None:
    bed = Bed()
    says(bed, "subscribe web* --on failed")
    says(bed, "subscribe web* --on trouble")
    (mine,) = held(bed)
    assert mine.on == LEVELS["trouble"]


def test_several_patterns_are_several_subscriptions() -> None:
    bed = Bed()
    bed.work()
    bed.type("subscribe web*")
    bed.type("subscribe api")
    bed.work()
    assert {each.pattern for each in held(bed)} == {"web*", "api"}


def test_it_is_taken_back_and_can_be_had_again() -> None:
    bed = Bed()
    says(bed, "subscribe web*")
    assert "no longer" in says(bed, "unsubscribe web*")
    assert held(bed) == []
    says(bed, "subscribe web* --on failed")
    assert [each.on for each in held(bed)] == [{ON.FAILED}]


@pytest.mark.parametrize("before", ["", "subscribe api", "unsubscribed"])
def test_what_is_not_there_cannot_be_taken_back(before: str) -> None:
    bed = Bed()
    if before == "unsubscribed":
        says(bed, "subscribe web*")
        says(bed, "unsubscribe web*")
    elif before:
        says(bed, before)
    kept = held(bed)
    told = says(bed, "unsubscribe web*")
    assert "no subscription to `web*`" in told
    assert "`subscriptions`" in told
    assert held(bed) == kept


def test_the_right_is_that_to_change_these_services() -> None:
    may = frozenset({VerbGroup.UPDATE, VerbGroup.READ})
    grant = Grant(name="grants[0]", role="ops", may=may, services=("web-*",))
    policy = Policy(hash="h", roles={"ops": Members(users=frozenset({ANN.user}))}, grants=(grant,))
    bed = Bed(policy)
    assert "Not allowed" not in says(bed, "subscribe web-*")
    assert "Not allowed" in says(bed, "subscribe web*")
    assert "Not allowed" in says(bed, "unsubscribe *")
    refused = bed.type("subscribe web-*", by=BOB)
    bed.work()
    assert "Not allowed" in bed.private(refused)
    assert [each.pattern for each in held(bed)] == ["web-*"]


def test_who_may_not_read_everywhere_does_not_subscribe_and_may_take_it_back() -> None:
    bed = Bed()
    says(bed, "subscribe web*")
    staging = frozenset({"staging"})
    bed.policies.policy = Policy(
        hash="h",
        roles={"all": Members(everyone=True)},
        grants=(
            Grant(name="g0", role="all", may=frozenset({VerbGroup.UPDATE})),
            Grant(name="g1", role="all", may=frozenset({VerbGroup.READ}), environments=staging),
        ),
        environments=(
            Environment(name="production", match=Criterion(On.LABEL, "env=prod")),
            Environment(name="staging"),
        ),
    )
    assert says(bed, "subscribe *") == (
        "Not allowed: what fits `*` may be in production, and you may not read there.\n"
        "Nothing was changed."
    )
    assert [each.pattern for each in held(bed)] == ["web*"]
    assert "no longer hears" in says(bed, "unsubscribe web*")


def test_a_subscribed_channel_hears_of_what_fits() -> None:
    bed = made(1)
    says(bed, "subscribe web* --on started,completed")
    moved_to(bed, "C7")
    rollout = bed.done("update --image reg/httpd:v2 web").id
    bed.done("create --name api reg/httpd:v1")
    bed.settle(2)
    assert len(bed.slack.shown(root_id(rollout, "C7"))) == 1
    assert all("api" not in text for text in bed.slack.texts("C7"))


def test_a_repeated_job_does_it_once() -> None:
    bed = Bed()
    action = bed.type("subscribe web*")
    bed.work()
    bed.use.act.run(action)
    assert [stored.rev for stored in bed.store.subscriptions("default")] == [1]


def test_of_two_jobs_at_once_one_does_it() -> None:
    bed = Bed()
    action = bed.type("subscribe web*")
    stored = bed.store.get(Action, action)
    assert stored is not None
    handler = bed.use.act.handlers[stored.value.kind]
    bed.work()

    def late(*_: object) -> tuple[Put, ...]:
        return (Put(record=stored.value, rev=stored.rev),)

    handler.act(stored.value, late)
    assert [row.rev for row in bed.store.subscriptions("default")] == [1]


def test_a_race_for_the_same_subscription_is_run_again() -> None:
    bed = Bed()
    action = bed.type("subscribe web* --on failed")
    stored = bed.store.get(Action, action)
    assert stored is not None
    bed.queue.take()
    handler = bed.use.act.handlers[stored.value.kind]
    raced: list[int] = []

    def close(*_: object) -> tuple[Put, ...]:
        raced.append(1)
        if len(raced) == 1:  # another channel member was quicker
            says(bed, "subscribe web* --on completed")
        return ()

    handler.act(stored.value, close)
    assert [each.on for each in held(bed)] == [{ON.FAILED}]


def test_a_race_without_end_is_given_back_to_the_queue() -> None:
    bed = Bed()
    action = bed.type("subscribe web*")
    stored = bed.store.get(Action, action)
    assert stored is not None

    def close(*_: object) -> tuple[Put, ...]:
        return (Put(record=stored.value, rev=stored.rev + 7),)

    with pytest.raises(ConflictError):
        bed.use.act.handlers[stored.value.kind].act(stored.value, close)
    assert held(bed) == []


def test_the_swarm_is_not_asked_for_a_pattern() -> None:
    bed = Bed()
    bed.swarm.unavailable = True
    says(bed, "subscribe web*")
    assert len(held(bed)) == 1


# -- what a channel hears of


def test_subscriptions_lists_this_channels_and_the_policys() -> None:
    desk = Desk()
    rule = NotifyRule(channels=("C1",), on=frozenset({ON.FAILED}))
    elsewhere = NotifyRule(channels=("C5",), on=frozenset({ON.FAILED}))
    desk.policies.policy = Policy(
        environments=(
            Environment(name="production", notify=rule),
            Environment(name="test", notify=elsewhere),
        )
    )
    mine, other = (
        Subscription(
            id=channel,
            cluster="default",
            channel=channel,
            pattern="web*",
            on=LEVELS["all"],
            by="U1",
            since=desk.clock.now(),
        )
        for channel in ("C1", "C2")
    )
    desk.keep(mine, other)
    reply = desk.ask("subscriptions")
    assert reply == SubscriptionList(
        channel="C1", cluster="default", own=(mine,), rules=(("production", rule),)
    )
