"""A lock is set where the bot can speak: its message goes ahead of it."""

from dataclasses import replace

import pytest

from bot.domain.message import Message
from bot.ports import (
    Put,
    SlackUnavailableError,
    Transaction,
)
from bot.usecases.speak import parent_id, private_id
from tests.unit.usecases.bed import ANN, BOB, CHANNEL, Bed, KilledError, made
from tests.unit.usecases.faults import kill_at, no_tokens, once, shut
from tests.unit.usecases.locked_bed import direct, does, locks, public

LINE = "lock --reason why web"


def opens(bed: Bed) -> None:
    bed.slack.fail_channel(CHANNEL, None)


@pytest.mark.parametrize("code", ["not_in_channel", "channel_not_found", "is_archived"])
def test_in_a_channel_in_which_the_bot_cannot_speak_nothing_is_locked(code: str) -> None:
    bed = made()
    shut(bed, code)
    told = does(bed, LINE)
    assert code in told
    assert "Nothing was changed" in told
    assert ("/invite @waggle" in told) == (code != "is_archived")
    assert locks(bed) == []
    opens(bed)
    bed.settle(3)
    assert public(bed) == [], "what was refused is not said later"
    bed.done("update --image reg/httpd:v2 web", by=BOB)
    assert "is locked" in does(bed, LINE)
    assert len(locks(bed)) == len(public(bed)) == 1


def test_a_lock_is_not_taken_over_from_there_either() -> None:
    bed = made()
    does(bed, LINE)
    before = public(bed)
    shut(bed)
    assert "Nothing was changed" in does(bed, "lock --steal --reason mine web", BOB)
    assert [lock.owner for lock in locks(bed)] == [ANN]
    assert direct(bed, ANN) == []
    opens(bed)
    assert public(bed) == before


def test_who_is_refused_anyway_says_nothing_in_the_channel() -> None:
    bed = made()
    does(bed, LINE)
    does(bed, "lock --reason mine web", BOB)
    assert len(public(bed)) == 1


def test_it_says_what_is_about_to_be_and_then_that_it_is() -> None:
    bed = made()
    seen: list[str] = []
    bed.fault = once("lock.before_commit", lambda: seen.extend(bed.slack.texts(CHANNEL)))
    does(bed, LINE)
    (before,) = (text for text in seen if "lock" in text)
    assert f"<@{ANN.user}> is about to lock *web*" in before
    (after,) = public(bed)
    assert "*web* (cluster default) is locked by" in after


def test_who_loses_the_race_reads_that_it_was_not_locked() -> None:
    bed = made()
    first, second = bed.type(LINE), bed.type("lock --reason second web", BOB)
    bed.fault = once("lock.before_commit", lambda: bed.wired().act.run(second))
    bed.work()
    assert f"<@{BOB.user}>" in bed.private(first)
    assert [lock.reason for lock in locks(bed)] == ["second"]
    lost, won = public(bed)
    assert f"*web* (cluster default) was not locked by <@{ANN.user}> after all" in lost
    assert f"is locked by <@{BOB.user}>" in won


def test_while_slack_is_away_it_is_set_and_said_once_later() -> None:
    bed = made()
    bed.slack.down = SlackUnavailableError("away")
    bed.type(LINE)
    bed.work()
    assert len(locks(bed)) == 1
    bed.slack.down = None
    bed.settle(90)
    (shown,) = public(bed)
    assert "is locked by" in shown


def said(bed: Bed, action: str) -> bool:
    """Tell whether there is an answer."""
    return bed.store.get(Message, private_id(action)) is not None


def test_what_must_wait_for_the_rate_budget_is_waited_for() -> None:
    """Else a used-up budget would open the closed door."""
    bed = made()
    shut(bed)
    no_tokens(bed, 4)
    action = bed.type(LINE)
    for _ in range(2):
        bed.use.act.run(action)
        assert not said(bed, action)
        bed.clock.advance(2)
    bed.use.act.run(action)
    assert "not_in_channel" in bed.private(action)
    assert locks(bed) == []


def test_words_that_another_mouth_has_are_waited_for() -> None:
    bed = made()
    shut(bed)
    action = bed.type(LINE)

    def claimed() -> None:
        row = bed.store.get(Message, parent_id(f"l-{action}"))
        assert row is not None
        # tried before: it does not stand in line any more
        mine = replace(row.value, posting_since=bed.clock.now(), tries=1)
        bed.store.commit(Transaction(cluster="default", puts=(Put(record=mine, rev=row.rev),)))

    bed.fault = once("lock.before_post", claimed)
    bed.use.act.run(action)
    assert locks(bed) == []
    assert not said(bed, action)


def test_a_long_pause_is_not_waited_for() -> None:
    bed = made()
    no_tokens(bed, 60)
    action = bed.type(LINE)
    bed.use.act.run(action)
    assert locks(bed) == []
    bed.clock.advance(10)
    bed.use.act.run(action)
    assert len(locks(bed)) == 1
    bed.settle(60)
    assert len(public(bed)) == 1


@pytest.mark.parametrize("point", ["lock.before_post", "lock.after_post"])
def test_killed_around_the_post_it_is_said_and_set_once(point: str) -> None:
    bed = made()
    bed.fault = kill_at(point)
    action = bed.type(LINE)
    job = bed.queue.take()
    with pytest.raises(KilledError):
        bed.use.runner(job.name).run(job.subject)
    bed.use.runner(job.name).run(action)
    bed.settle(3)
    assert len(locks(bed)) == len(public(bed)) == 1
    assert "is locked by" in public(bed)[0]


def test_a_twin_that_says_it_first_is_no_trouble() -> None:
    bed = made()
    action = bed.type(LINE)
    commit = bed.store.commit
    ran: list[Message] = []

    def slow(transaction: Transaction) -> None:
        row = transaction.puts[0].record
        if isinstance(row, Message) and row.id == parent_id(f"l-{action}") and not ran:
            ran.append(row)
            bed.wired().act.run(action)
        commit(transaction)

    bed.store.commit = slow  # type: ignore[method-assign]
    bed.work()
    assert ran
    assert len(locks(bed)) == len(public(bed)) == 1
    assert "is locked by" in public(bed)[0]


def test_in_a_closed_channel_one_that_lost_the_race_is_not_said() -> None:
    bed = made()
    shut(bed)
    first = bed.type(LINE)

    def overtaken() -> None:
        opens(bed)
        does(bed, LINE, BOB)

    bed.fault = once("lock.after_post", overtaken)
    bed.use.act.run(first)
    assert "not_in_channel" in bed.private(first)
    assert [lock.owner for lock in locks(bed)] == [BOB]
    assert len(public(bed)) == 1
