"""Decisions about single rows; whole stories stand in tests/contract/test_speaker.py."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import outbox
from bot.domain.message import Address, Message, Sent, Urgency
from bot.domain.outbox import Done, GiveUp, Send, Wait, Way
from tests.contract.samples import message
from tests.fakes.clock import START

SECOND = timedelta(seconds=1)
SAID = Sent(channel="C1", ts="1.5", content_hash="hash of hello", at=START)
THREAD = Address(channel="C1", thread_of="r-1.parent")
PRIVATE = Address(channel="C1", private_to="U1", response_url="https://hooks.slack.com/x")


def send(row: Message) -> Send:
    step = outbox.next_step(row, START)
    assert isinstance(step, Send)
    return step


def test_what_is_shown_needs_nothing() -> None:
    assert outbox.next_step(message(sent=SAID), START) == Done()


def test_the_dead_stay_dead() -> None:
    assert outbox.next_step(message(dead="is_archived"), START) == GiveUp(code="is_archived")


def test_a_claim_of_another_is_respected_for_a_while() -> None:
    row = message(posting_since=START - 9 * SECOND)
    assert outbox.next_step(row, START) == Wait(until=START + SECOND)


def test_a_claim_of_an_edit_is_respected_for_less_long() -> None:
    row = message("r-1.parent", "new", sent=SAID, posting_since=START - 5 * SECOND)
    assert outbox.next_step(row, START) == Wait(until=START + SECOND)
    assert send(replace(row, posting_since=START - 6 * SECOND)).edit_ts == SAID.ts


def test_an_edit_without_an_answer_is_made_again_even_if_a_newer_one_was_taken_meanwhile() -> None:
    row = message("r-1.parent", "old", sent=SAID)
    step = send(row)
    newer = replace(message("r-1.parent", "new"), sent=SAID)
    newer = outbox.sent(newer, replace(SAID, content_hash=newer.wanted_hash), Way.CHANNEL)
    assert outbox.next_step(newer, START) == Done()
    after = outbox.unanswered(newer, step, START)
    assert send(replace(after, not_before=None)).content == newer.wanted


def test_an_old_claim_of_a_post_is_looked_up() -> None:
    since = START - 60 * SECOND
    assert send(message(posting_since=since)).look_up_since == since


def test_an_old_claim_of_an_edit_is_edited_again() -> None:
    row = message("r-1.parent", "new", sent=SAID, posting_since=START - 60 * SECOND)
    step = send(row)
    assert (step.edit_ts, step.look_up_since) == ("1.5", None)


def test_a_look_up_is_remembered_across_claims() -> None:
    first = START - 60 * SECOND
    row = outbox.claimed(message(posting_since=first), START)
    failed = outbox.away(row, START)
    assert failed.posting_since is None
    assert send(replace(failed, not_before=None)).look_up_since == first
    assert "lost" not in outbox.sent(failed, SAID, Way.CHANNEL).extra


@pytest.mark.parametrize(
    ("row_id", "before"),
    [("r-1.2", "r-1.1"), ("r-1.10", "r-1.9"), ("r-1.0", None), ("r-1.parent", None), ("x", None)],
)
def test_the_row_before(row_id: str, before: str | None) -> None:
    assert outbox.row_before(row_id) == before


def test_a_reply_goes_where_its_parent_is() -> None:
    parent = message(sent=replace(SAID, channel="D1"))
    step = outbox.next_step(message("r-1.1", address=THREAD), START, parent)
    assert isinstance(step, Send)
    assert (step.target, step.thread_ts) == ("D1", "1.5")


@pytest.mark.parametrize("before", [message("r-1.1"), message("r-1.1", not_before=START + SECOND)])
def test_a_reply_waits_for_the_one_before(before: Message) -> None:
    parent = message(sent=SAID)
    step = outbox.next_step(message("r-1.2", address=THREAD), START, parent, before)
    assert isinstance(step, Wait)
    assert START < step.until <= START + SECOND


def test_a_reply_without_a_parent_waits() -> None:
    row = message("r-1.1", address=THREAD)
    assert isinstance(outbox.next_step(row, START, None), Wait)
    assert isinstance(outbox.next_step(row, START, message()), Wait)


def test_pauses_grow_up_to_a_limit_and_are_shorter_for_the_end() -> None:
    row, pauses = message(), []
    for _ in range(8):
        row = outbox.away(row, START)
        assert row.not_before is not None
        pauses.append((row.not_before - START).total_seconds())
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    final = outbox.away(message(urgency=Urgency.FINAL, tries=50), START)
    assert final.not_before == START + 10 * SECOND


def test_the_ways_of_a_private_answer() -> None:
    row = message("q-1.1", address=PRIVATE)
    ways = []
    for _ in range(3):
        step = send(row)
        ways.append(step.way)
        row = outbox.refused(row, step, "user_not_in_channel", START)
    assert ways == [Way.RESPONSE_URL, Way.EPHEMERAL, Way.DM]
    assert row.dead == "user_not_in_channel"


def test_a_broken_token_kills_no_row() -> None:
    row = outbox.refused(message(), send(message()), "token_revoked", START)
    assert row.dead is None
    assert row.not_before == START + SECOND


def test_refused_metadata_goes_without() -> None:
    row = message(wanted=replace(message().wanted, metadata={"event_type": "x"}))
    step = send(outbox.refused(row, send(row), "metadata_too_large", START))
    assert step.content.metadata is None


def test_only_what_nobody_may_miss_revives_the_dead() -> None:
    dead = message(dead="is_archived", extra={"requester": "U1"})
    assert not outbox.can_revive(dead)
    final = replace(dead, urgency=Urgency.FINAL)
    assert send(final).way is Way.DM
    assert send(final).target == "U1"
    assert not outbox.can_revive(replace(final, extra={}))
    assert not outbox.can_revive(replace(final, address=THREAD))
    assert not outbox.can_revive(outbox.refused(final, send(final), "user_disabled", START))


def test_a_row_that_replaces_what_was_clicked_on_says_so_to_the_writer() -> None:
    turned = replace(PRIVATE, replaces=True)
    assert send(message("q-1.1", address=turned)).replaces is True
    assert send(message("q-1.1", address=PRIVATE)).replaces is False
