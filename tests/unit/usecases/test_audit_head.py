"""The audit log's head is said once a day, and again until the channel takes it."""

from datetime import timedelta

import pytest

from bot.domain.audit.heads import head_row
from bot.domain.message import Message
from bot.ports import ConflictError, Fence, SlackRefusedError, Transaction
from tests.unit.usecases.bed import Bed

TOLD = "C0AUDIT"
A_DAY = timedelta(days=1).total_seconds()


def bed_with_a_log() -> Bed:
    bed = Bed(audit_channel=TOLD)
    bed.done("create --name web reg/httpd:v1")
    return bed


def shut() -> Bed:
    """Return a bed whose channel has refused the head."""
    bed = Bed(audit_channel=TOLD)
    bed.slack.fail_channel(TOLD, SlackRefusedError("not_in_channel"))
    bed.done("create --name web reg/httpd:v1")
    bed.settle(2)
    return bed


def said(bed: Bed) -> list[str]:
    """Return the heads that stand in the channel."""
    return bed.slack.texts(TOLD)


def row(bed: Bed) -> Message:
    stored = bed.store.get(Message, head_row(bed.clock.now()))
    assert stored is not None
    return stored.value


def test_a_channel_that_refuses_it_is_remembered() -> None:
    bed = shut()
    assert said(bed) == []
    assert row(bed).dead == "not_in_channel"
    assert bed.untold.closed() == {TOLD: "not_in_channel"}
    assert bed.closed.closed() == {}


def test_it_is_tried_again_and_says_the_head_as_it_is_by_then() -> None:
    bed = shut()
    bed.done("scale web=2")
    bed.slack.fail_channel(TOLD, None)
    bed.settle(1)
    assert said(bed) == [], "not at each tick"
    bed.clock.advance(60)
    bed.settle(2)
    (text,) = said(bed)
    assert bed.audit.head().hash in text
    assert bed.untold.closed() == {}
    bed.clock.advance(120)
    bed.settle(2)
    assert len(said(bed)) == 1


def test_as_long_as_it_is_refused_the_channel_stays_known() -> None:
    bed = shut()
    for _ in range(3):
        bed.clock.advance(60)
        bed.settle(2)
        assert bed.untold.closed() == {TOLD: "not_in_channel"}
    assert said(bed) == []


def test_another_steward_tries_it_at_once() -> None:
    bed = shut()
    bed.slack.fail_channel(TOLD, None)
    bed.use = bed.wired()
    bed.settle(2)
    assert len(said(bed)) == 1


def test_the_next_day_begins_anew() -> None:
    bed = shut()
    bed.slack.fail_channel(TOLD, None)
    bed.clock.advance(A_DAY)
    bed.settle(2)
    assert len(said(bed)) == 1
    assert bed.untold.closed() == {}


def test_a_row_that_waits_for_slack_is_not_written_again() -> None:
    bed = bed_with_a_log()
    bed.clock.advance(A_DAY)
    fence = Fence(cluster="default", epoch=bed.store.epochs.get("default", 0))
    for _ in range(3):
        bed.use.supervise.audit.run(fence)
        bed.clock.advance(61)
    written = [
        put.record
        for commit in bed.store.commits
        for put in commit.puts
        if put.record.id == head_row(bed.clock.now())
    ]
    assert len(written) == 1


def test_a_former_steward_does_not_say_it_again() -> None:
    bed = shut()
    bed.leases.acquire("default", "one", timedelta(seconds=1))
    bed.use = bed.wired()
    with pytest.raises(ConflictError):
        bed.use.supervise.audit.run(Fence(cluster="default", epoch=7))


def test_of_two_stewards_that_say_it_at_once_one_does() -> None:
    """Those of two swarms: the log is one."""
    bed = Bed(audit_channel=TOLD)
    bed.type("create --name web reg/httpd:v1")
    bed.work()
    fence = Fence(cluster="default", epoch=bed.store.epochs.get("default", 0))
    commit = bed.store.commit
    raced: list[str] = []

    def racing(transaction: Transaction) -> None:
        row = transaction.puts[0].record.id
        if row == head_row(bed.clock.now()) and not raced:
            raced.append(row)
            bed.wired().supervise.audit.run(fence)
        commit(transaction)

    bed.store.commit = racing  # type: ignore[method-assign]
    bed.use.supervise.audit.run(fence)
    assert raced
    bed.settle(2)
    assert len(said(bed)) == 1
