"""What other channels see of a rollout: one message, its thread, each event once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ActionKind
from bot.domain.message import Message, Urgency
from bot.domain.notice import Circulation, reply_id, root_id
from bot.domain.policy import Environment, NotifyRule
from bot.domain.policy.events import TROUBLE
from bot.domain.rollout.record import RolloutState
from bot.ports import (
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnavailableError,
    Transaction,
)
from bot.usecases.herald import Herald
from tests.builders import a_rollout
from tests.unit.usecases.bed import BOB, CHANNEL
from tests.unit.usecases.hearing import (
    ON,
    UPDATE,
    a_bed,
    events,
    payload,
    replies,
    root,
    telling,
    turn,
)

# -- one message, its thread


def test_a_channel_has_one_message_from_start_to_end() -> None:
    bed = a_bed("C2")
    rollout = bed.type(UPDATE)
    bed.until(rollout, "progressing")
    bed.tick()
    started = root(bed, rollout)
    assert payload(started)["state"] == "progressing"
    assert "`httpd:v1" in started.content.text.replace("reg/", "")
    assert "U1ANN" in started.content.text
    bed.until(rollout, "completed")
    bed.settle(3)
    ended = root(bed, rollout)
    assert (ended.ts, payload(ended)["state"]) == (started.ts, "completed")
    assert "took" in ended.content.text
    assert events(bed, rollout) == ["completed"]
    assert not any(each.broadcast for each in replies(bed, rollout))


def test_it_links_to_the_rollouts_message() -> None:
    bed = a_bed("C2")
    rollout = bed.done(UPDATE).id
    bed.settle(3)
    (parent,) = bed.parents(rollout)
    link = bed.slack.permalink(CHANNEL, parent.ts)
    assert f"<{link}|the rollout's message>" in root(bed, rollout).content.text
    assert f"<{link}|the rollout's message>" in replies(bed, rollout)[-1].content.text


def test_the_link_comes_later_when_the_message_does() -> None:
    bed = a_bed("C2")
    bed.slack.down = SlackUnavailableError("away")
    rollout = bed.type(UPDATE)
    bed.until(rollout, "progressing")
    row = bed.store.get(Message, root_id(rollout, "C2"))
    assert row is not None
    assert "message>" not in row.value.wanted.text
    bed.slack.down = None
    bed.until(rollout, "completed")
    bed.settle(40)
    assert "|the rollout's message>" in root(bed, rollout).content.text


def test_a_link_that_slack_does_not_give_holds_nothing_up() -> None:
    bed = a_bed("C2")
    bed.slack.fail("permalink", *[SlackRefusedError("message_not_found")] * 50)
    rollout = bed.done(UPDATE).id
    bed.settle(3)
    assert payload(root(bed, rollout))["state"] == "completed"
    assert "message>" not in root(bed, rollout).content.text


def test_a_failure_is_broadcast_and_the_thread_kept() -> None:
    bed = a_bed("C2")
    rollout = bed.type(UPDATE)
    bed.until(rollout, "progressing")
    bed.swarm.remove_outside("web")
    bed.until(rollout, "failed")
    bed.settle(3)
    (failed,) = replies(bed, rollout)
    assert failed.broadcast
    assert payload(failed)["event"] == "failed"
    assert payload(root(bed, rollout))["state"] == "failed"


def test_who_was_not_told_of_the_start_hears_of_the_failure_in_one_message() -> None:
    bed = a_bed("C2", on=TROUBLE)
    rollout = bed.type(UPDATE)
    bed.until(rollout, "progressing")
    bed.tick()
    assert bed.slack.shown(root_id(rollout, "C2")) == []
    bed.swarm.remove_outside("web")
    bed.until(rollout, "failed")
    bed.settle(3)
    assert payload(root(bed, rollout))["state"] == "failed"
    assert replies(bed, rollout) == []


def test_who_wanted_to_hear_of_the_start_alone_still_sees_the_end() -> None:
    """Or the message would say for ever that it goes on."""
    bed = a_bed("C2", on=frozenset({ON.STARTED}))
    rollout = bed.done(UPDATE).id
    bed.settle(3)
    assert payload(root(bed, rollout))["state"] == "completed"
    assert replies(bed, rollout) == []


def test_whoever_left_the_policy_meanwhile_sees_the_end_and_hears_no_more() -> None:
    bed = a_bed("C2")
    rollout = bed.type(UPDATE)
    bed.until(rollout, "progressing")
    bed.policies.policy = telling("C5")
    bed.until(rollout, "completed")
    bed.settle(3)
    assert payload(root(bed, rollout))["state"] == "completed"
    assert replies(bed, rollout) == []
    assert payload(root(bed, rollout, "C5"))["state"] == "completed"


def test_the_rollouts_own_channel_and_a_second_rule_do_not_tell_it_twice() -> None:
    bed = a_bed(CHANNEL, "C2", "C2")
    bed.type("subscribe web*", by=BOB)
    bed.work()
    rollout = bed.done(UPDATE).id
    bed.settle(3)
    assert bed.slack.shown(root_id(rollout, CHANNEL)) == []
    assert len(bed.slack.shown(root_id(rollout, "C2"))) == 1


@pytest.mark.parametrize("line", [f"{UPDATE} --dry-run", "update --image reg/httpd:v1 web"])
def test_a_dry_run_and_what_changes_nothing_are_told_to_nobody(line: str) -> None:
    bed = a_bed("C2")
    rollout = bed.type(line)
    bed.work()
    bed.settle(3)
    assert bed.rollout(rollout).state.value in {"shown", "unchanged"}
    assert bed.slack.texts("C2") == []
    assert bed.store.get(Circulation, rollout) is None


def test_of_a_service_outside_the_environment_nobody_hears() -> None:
    bed = a_bed("C2")
    bed.done("create --name other reg/httpd:v1")
    assert bed.slack.texts("C2") == []


def test_the_environments_are_kept_with_the_rollout() -> None:
    assert a_bed("C2").done(UPDATE).environments == ("production",)


def test_paused_and_resumed_and_paused_again_is_told_in_order() -> None:
    bed = a_bed("C2")
    rollout = a_rollout(environments=("production",))
    states = ["planned", "progressing", "paused", "progressing", "paused", "aborted"]
    turn(bed, rollout, *states)
    bed.settle(10)
    assert events(bed, rollout.id) == ["paused", "paused", "aborted"]
    assert [each.broadcast for each in replies(bed, rollout.id)] == [True, True, False]


def test_the_same_state_again_is_not_told_again() -> None:
    bed = a_bed("C2")
    rollout = a_rollout(environments=("production",))
    herald = Herald(store=bed.store, voice=bed.voice, gate=bed.gate)
    assert herald.rollout(rollout, replace(rollout, notes=4), bed.clock.now()) == ()


def test_broken_glass_is_loud_in_every_channel_of_the_environment() -> None:
    bed = a_bed("C2", "C5", on=frozenset())
    rollout = a_rollout(environments=("production",), glass="the shop is down")
    turn(bed, rollout, "planned", "progressing")
    bed.settle(3)
    for channel in ("C2", "C5"):
        assert "the shop is down" in root(bed, rollout.id, channel).content.text
        assert "look at it" not in root(bed, rollout.id, channel).content.text


def test_the_review_of_broken_glass_is_asked_for_in_every_channel_and_shown() -> None:
    bed = a_bed("C2", "C5", on=frozenset())
    made = bed.type('update --image reg/httpd:v2 --break-glass "shop is down" web')
    bed.until(made, "completed")
    bed.settle(5)
    for channel in ("C2", "C5"):
        (end,) = replies(bed, made, channel)
        assert (payload(end)["event"], end.broadcast) == ("completed", True)
        for text in (end.content.text, root(bed, made, channel).content.text):
            assert "2 other people should look at it." in text
    bed.click(ActionKind.REVIEW, made, BOB)
    bed.work()
    bed.settle(5)
    for channel in ("C2", "C5"):
        assert "1 other person should look at it: ✓ <@U2BOB>." in (
            root(bed, made, channel).content.text
        )
        assert events(bed, made, channel) == ["completed"]


def test_a_removal_past_the_rules_asks_every_channel_for_its_review() -> None:
    bed = a_bed("C2", on=frozenset())
    made = bed.type('rm --break-glass "it eats the disk" web')
    bed.work()
    bed.settle(5)
    assert bed.change(made).state.value == "applied"
    (end,) = replies(bed, made)
    assert (payload(end)["event"], end.broadcast) == ("completed", True)
    bed.click(ActionKind.REVIEW, made, BOB)
    bed.work()
    bed.settle(5)
    assert "✓ <@U2BOB>." in root(bed, made).content.text


def test_glass_that_is_broken_on_the_way_is_loud_in_every_channel() -> None:
    bed = a_bed("C2", "C5", on=frozenset({ON.STARTED}))
    bed.policies.policy = replace(
        bed.policies.policy,
        environments=(
            *bed.policies.policy.environments,
            Environment(name="other", notify=NotifyRule(channels=("C6",), on=frozenset())),
        ),
    )
    rollout = a_rollout(environments=("production", "other"), state=RolloutState.PROGRESSING)
    turn(bed, replace(rollout, state=RolloutState.PLANNED), "planned", "progressing")
    bed.settle(3)
    broken = replace(rollout, state=RolloutState.ROLLING_BACK, glass="the shop is down")
    herald = Herald(store=bed.store, voice=bed.voice, gate=bed.gate)
    puts = herald.rollout(rollout, broken, bed.clock.now())
    bed.store.commit(Transaction(cluster="default", puts=puts))
    bed.settle(3)
    for channel in ("C2", "C5"):
        (loud,) = replies(bed, rollout.id, channel)
        assert loud.broadcast
        assert "the shop is down" in loud.content.text
        assert "started" not in loud.content.text
    assert "the shop is down" in root(bed, rollout.id, "C6").content.text


# -- what is lost, what is refused


def test_nothing_is_lost_and_nothing_said_twice_while_slack_is_away() -> None:
    bed = a_bed("C2")
    rollout = bed.type(UPDATE)
    bed.until(rollout, "progressing")
    bed.slack.down = SlackUnavailableError("away")
    bed.until(rollout, "completed")
    bed.settle(60)
    bed.slack.down = None
    bed.settle(60)
    assert payload(root(bed, rollout))["state"] == "completed"
    assert events(bed, rollout) == ["completed"]


def test_a_lost_answer_posts_no_second_notice() -> None:
    bed = a_bed("C2")
    rollout = bed.type(UPDATE)
    bed.work()
    bed.slack.lose_reply("post")
    bed.until(rollout, "completed")
    bed.settle(30)
    assert len(bed.slack.shown(root_id(rollout, "C2"))) == 1
    assert events(bed, rollout) == ["completed"]


@pytest.mark.parametrize("code", ["is_archived", "not_in_channel"])
def test_a_closed_channel_delays_no_other_and_the_requester_is_told_once(code: str) -> None:
    bed = a_bed("C9", "C2")
    bed.slack.fail_channel("C9", SlackRefusedError(code))
    rollout = bed.type(UPDATE)
    bed.until(rollout, "progressing")
    bed.tick()
    assert payload(root(bed, rollout))["state"] == "progressing"
    bed.until(rollout, "completed")
    bed.settle(3)
    assert events(bed, rollout) == ["completed"]
    told = [c.text for url, c in bed.slack.responses if "could not be told" in c.text]
    assert len(told) == 1
    assert "<#C9>" in told[0]
    assert code in told[0]
    assert bed.closed.closed() == {"C9": code}
    assert "DU1ANN" not in {m.channel for m in bed.slack.messages}, "and not by a direct message"


def test_a_channel_that_opens_again_hears_the_next_event_and_is_forgotten() -> None:
    bed = a_bed("C9")
    bed.slack.fail_channel("C9", SlackRefusedError("not_in_channel"))
    rollout = bed.type(UPDATE)
    bed.until(rollout, "progressing")
    bed.tick()
    assert bed.closed.closed() == {"C9": "not_in_channel"}
    bed.slack.fail_channel("C9", None)
    bed.until(rollout, "completed")
    bed.settle(3)
    assert payload(root(bed, rollout, "C9"))["state"] == "completed"
    assert replies(bed, rollout, "C9") == [], "the message itself is news there"
    assert bed.closed.closed() == {}


def test_a_closed_channel_that_wants_to_hear_nothing_new_is_left_alone() -> None:
    bed = a_bed("C9", on=frozenset({ON.STARTED}))
    bed.slack.fail_channel("C9", SlackRefusedError("is_archived"))
    rollout = bed.done(UPDATE).id
    bed.settle(3)
    assert [target for name, target in bed.slack.calls if target == "C9"] == ["C9"]
    assert bed.store.get(Message, root_id(rollout, "C9")) is not None


def test_a_429_of_one_channel_makes_no_other_wait() -> None:
    bed = a_bed("C9", "C2")
    bed.slack.fail_channel("C9", SlackRateLimitedError(timedelta(seconds=60)))
    rollout = bed.done(UPDATE).id
    assert payload(root(bed, rollout))["state"] == "completed"
    assert events(bed, rollout) == ["completed"]
    assert bed.slack.shown(root_id(rollout, "C9")) == []
    bed.slack.fail_channel("C9", None)
    bed.settle(90)
    assert payload(root(bed, rollout, "C9"))["state"] == "completed"
    assert events(bed, rollout, "C9") == ["completed"]


# -- urgency


def test_a_notice_never_comes_to_the_requester_as_a_direct_message() -> None:
    """What is urgent and has a requester does, once its channel is closed."""
    bed = a_bed("C2")
    rollout = bed.done(UPDATE).id
    row = bed.store.get(Message, root_id(rollout, "C2"))
    assert row is not None
    assert row.value.urgency > Urgency.HELP
    assert "requester" not in payload(root(bed, rollout))
    reply = bed.store.get(Message, reply_id(rollout, "C2", 1))
    assert reply is not None
    assert reply.value.urgency is Urgency.NORMAL
