"""The steward may be saying a first message while the job looks for Slack's answer to it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import outbox
from bot.domain.change import ActionKind, Change
from bot.domain.message import Message
from bot.domain.policy import NOBODY
from bot.ports import (
    ConflictError,
    Fence,
    Put,
    SlackUnavailableError,
    Transaction,
)
from bot.usecases.door import WAITED_FOR
from bot.usecases.refusals import TOO_LATE
from bot.usecases.speak import parent_id
from tests.unit.usecases.bed import ANN, Bed, KilledError, made
from tests.unit.usecases.faults import kill_at, no_tokens, once, shut
from tests.unit.usecases.locked_bed import locks

UPDATE = "update --image reg/httpd:v2 web"
LABEL = "node update --label-add env=prod n2"
BEFORE = {
    UPDATE: "announce.before_post",
    LABEL: "change.after_plan",
    "rm web": "change.after_plan",
    "subscribe web*": "subscribe.before_post",
    "lock --reason why web": "lock.before_post",
}
"""Where each kind of command has its first message written, and has not said it yet."""


def row_of(bed: Bed, name: str) -> str:
    """Return the name of its first message."""
    return next(n for n in (parent_id(name), parent_id(f"l-{name}")) if bed.store.get(Message, n))


def put(bed: Bed, name: str, *, dead: str | None = None) -> None:
    """Let another process claim a row, or hear Slack's answer to it."""
    row = bed.store.get(Message, row_of(bed, name))
    assert row is not None
    message = outbox.claimed(row.value, bed.clock.now())
    if dead is not None:
        message = replace(message, posting_since=None, dead=dead)
    bed.store.commit(Transaction(cluster="default", puts=(Put(record=message, rev=row.rev),)))


def claimed(line: str) -> tuple[Bed, str]:
    """Type a line whose first message another mouth has as soon as it is written."""
    bed = made()
    name = bed.type(line)
    bed.fault = once(BEFORE[line], lambda: put(bed, name))
    return bed, name


def being_said(line: str) -> tuple[Bed, str]:
    """The same, after the job has waited for an answer in vain."""
    bed, name = claimed(line)
    bed.work()
    return bed, name


def world(bed: Bed) -> list[object]:
    """What a command could have changed."""
    heard = bed.store.subscriptions("default")
    return [*bed.swarm.services(), *bed.swarm.nodes(), *locks(bed), *heard]


@pytest.mark.parametrize("line", BEFORE)
def test_the_answer_that_another_mouth_hears_in_a_moment_is_waited_for(line: str) -> None:
    bed, name = claimed(line)
    claim = bed.fault

    def hears(point: str) -> None:
        claim(point)
        if point == "rest":
            bed.fault = claim
            put(bed, name, dead="not_in_channel")

    bed.fault = hears
    before, began = world(bed), bed.clock.now()
    bed.work()
    assert "not_in_channel" in bed.private(name)
    assert "Nothing was changed" in bed.private(name)
    assert world(bed) == before
    assert bed.clock.now() - began < timedelta(seconds=0.2)


def test_so_it_is_in_a_job_that_comes_late() -> None:
    """Redis or Docker was away: the message is old, and nobody has tried it yet."""
    bed = made()
    name = bed.type(LABEL)
    bed.fault = kill_at("change.after_plan")
    with pytest.raises(KilledError):
        bed.work()
    bed.clock.advance(WAITED_FOR + timedelta(seconds=1))
    put(bed, name)
    bed.fault = once("rest", lambda: put(bed, name, dead="not_in_channel"))
    before = world(bed)
    bed.use.change.run(name)
    assert "not_in_channel" in bed.private(name)
    assert world(bed) == before


@pytest.mark.parametrize("line", BEFORE)
def test_one_that_comes_later_is_come_back_for(line: str) -> None:
    bed, name = claimed(line)
    before = world(bed)
    bed.work()
    assert world(bed) == before
    put(bed, name, dead="not_in_channel")
    bed.settle(10)
    assert "not_in_channel" in bed.private(name)
    assert world(bed) == before


def test_who_claimed_it_and_died_holds_it_up_for_seconds_only() -> None:
    bed, name = being_said(UPDATE)
    began = bed.clock.now()
    bed.until(name, "progressing", 30.0)
    assert bed.clock.now() - began < outbox.LONGEST_CALL + timedelta(seconds=4)
    bed.until(name, "completed")


def test_nor_does_it_hold_up_a_change_for_longer() -> None:
    bed, name = being_said(LABEL)
    bed.settle(outbox.LONGEST_CALL.total_seconds() + 4)
    assert bed.change(name).state.value == "applied"
    bed.settle(10)
    assert len(bed.parents(name)) == 1


def test_a_button_that_is_shown_in_the_end_can_be_clicked() -> None:
    bed, name = being_said("rm web")
    bed.settle(15)
    assert bed.change(name).state.value == "confirming"
    assert len(bed.parents(name)) == 1
    bed.click(ActionKind.CONFIRM, name)
    bed.work()
    assert bed.change(name).state.value == "applied"


def test_a_button_that_nobody_will_see_ends_its_change() -> None:
    """Slack was away when it was written: the channel is found closed only after that."""
    bed = made()
    bed.slack.down = SlackUnavailableError("away")
    name = bed.type("rm web")
    bed.work()
    assert bed.change(name).state.value == "confirming"
    shut(bed)
    bed.settle(60)
    assert bed.change(name).state.value == "refused"
    assert "not_in_channel" in bed.private(name)
    ended = [e for e in map(json.loads, bed.store.audit_lines) if e["what"] == "refused"]
    assert [entry["source"] for entry in ended] == ["steward"]


def test_a_subscription_is_not_made_by_a_used_up_budget() -> None:
    """Nobody would hear later that its channel is closed."""
    bed = made()
    no_tokens(bed, 6)
    shut(bed)
    name = bed.type("subscribe web*")
    bed.settle(15)
    assert "not_in_channel" in bed.private(name)
    assert bed.store.subscriptions("default") == []


def forbidden(bed: Bed) -> None:
    bed.policies.policy = NOBODY


def belated(bed: Bed) -> None:
    bed.clock.advance(TOO_LATE + timedelta(seconds=1))


@pytest.mark.parametrize("line", ["subscribe web*", "lock --reason why web"])
@pytest.mark.parametrize("befalls", [forbidden, belated])
def test_what_the_channel_read_too_early_is_put_right(
    line: str, befalls: Callable[[Bed], None]
) -> None:
    bed = made()
    name = bed.type(line)
    bed.fault = kill_at(f"{line.partition(' ')[0]}.after_post")
    with pytest.raises(KilledError):
        bed.work()
    befalls(bed)
    bed.settle(10)
    assert "Nothing was changed" in bed.private(name)
    assert not bed.store.subscriptions("default")
    assert not locks(bed)
    (shown,) = bed.slack.shown(row_of(bed, name))
    assert "after all" in shown.content.text


@pytest.mark.parametrize("line", ["subscribe web*", "lock --reason why web"])
def test_what_it_did_not_read_is_not_said_any_more(line: str) -> None:
    bed = made()
    no_tokens(bed, 4)
    name = bed.type(line)
    bed.work()
    forbidden(bed)
    bed.settle(10)
    assert "Nothing was changed" in bed.private(name)
    assert bed.slack.shown(row_of(bed, name)) == []


@pytest.mark.parametrize("line", sorted(set(BEFORE) - {"rm web"}))
def test_slack_that_hangs_again_and_again_is_away(line: str) -> None:
    """Each of the mouths' calls is a new claim: there is no end of them to wait for."""
    bed, name = claimed(line)
    before, began = world(bed), bed.clock.now()
    bed.work()
    while world(bed) == before:
        assert bed.clock.now() - began < WAITED_FOR + timedelta(seconds=5)
        put(bed, name)
        bed.tick()


def test_a_fenced_out_steward_ends_no_change_that_waits() -> None:
    bed = made()
    name = bed.type("rm web")
    bed.work()
    waiting = bed.store.get(Change, name)
    assert waiting is not None
    bed.clock.advance(601)
    with pytest.raises(ConflictError, match="epoch"):
        bed.use.change.expire(waiting, Fence(cluster="default", epoch=99))
    assert bed.change(name).state.value == "confirming"


def test_nor_one_whose_button_nobody_will_see() -> None:
    bed = made()
    bed.slack.down = SlackUnavailableError("away")
    name = bed.type("rm web")
    bed.work()
    put(bed, name, dead="is_archived")
    waiting = bed.store.get(Change, name)
    assert waiting is not None
    with pytest.raises(ConflictError, match="epoch"):
        bed.use.change.expire(waiting, Fence(cluster="default", epoch=99))
    assert bed.change(name).state.value == "confirming"


def test_an_answer_between_two_looks_is_not_lost() -> None:
    """The job looks once more when it has waited long enough: what it sees then counts."""
    bed, name = claimed(LABEL)
    claim, rests = bed.fault, []

    def hears(point: str) -> None:
        claim(point)
        rests.extend([point] if point == "rest" else [])
        if point == "change.after_post":
            put(bed, name, dead="not_in_channel")

    bed.fault = hears
    writes = bed.writes()
    bed.work()
    assert len(rests) == 20
    assert bed.change(name).state.value == "refused"
    assert bed.writes() == writes


def test_what_begins_before_the_channel_is_known_to_be_closed_ends_in_a_direct_message() -> None:
    """The rate budget delays the first message for longer than anybody waits for it."""
    bed = made()
    no_tokens(bed, 20)
    shut(bed)
    name = bed.type(UPDATE)
    bed.settle(60)
    assert bed.rollout(name).state.value == "completed"
    (told,) = bed.parents(name)
    assert told.channel == f"D{ANN.user}"
    assert "completed" in told.content.text
