"""How locks end, by themselves too; and what a kill or a repetition does to them: nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import Action
from bot.domain.lock import BadRevision, Lock
from bot.domain.message import Message
from bot.domain.revision import Mark
from bot.domain.rollout.record import RolloutState
from bot.ports import ConflictError, Put, Transaction
from bot.usecases.auto_lock import AutoLock
from bot.usecases.revisions import Ledger
from tests.builders import NOW, a_history, a_rollout
from tests.fakes.store import FakeRecordStore
from tests.unit.usecases.bed import ANN, BOB, KilledError, made
from tests.unit.usecases.locked_bed import direct, does, locks, public, wait_for
from tests.unit.usecases.test_killed_anywhere import go_on


def test_a_lock_ends_by_the_clock_and_the_channel_is_told() -> None:
    bed = made()
    does(bed, "lock --reason why --for 10m web")
    wait_for(bed, BOB)
    bed.clock.advance(600)
    bed.type("scale web=5", BOB)
    bed.work()
    assert bed.replicas() == 5, "also before the steward has looked"
    assert any("the time is up" in text for text in public(bed))
    assert len(direct(bed, BOB)) == 1
    assert locks(bed) == []


def test_an_expired_lock_that_nobody_noted_is_in_nobodys_way() -> None:
    bed = made()
    does(bed, "lock --reason first --for 10m web")
    bed.clock.advance(600)
    assert "web is not locked" in does(bed, "unlock web")
    assert "is locked" in does(bed, "lock --reason second web", BOB)
    assert [lock.reason for lock in locks(bed)] == ["second"]
    assert any("the time is up" in text for text in public(bed))


def test_a_forgotten_lock_is_brought_to_mind_daily() -> None:
    bed = made()
    does(bed, "lock --reason why web")
    bed.settle(5)
    assert direct(bed, ANN) == []
    for day in (1, 2):
        bed.clock.advance(86400)
        told = direct(bed, ANN)
        assert len(told) == day
        assert f"for {day}d0h" in told[-1]
    assert len(direct(bed, ANN)) == 2


def test_a_fenced_out_steward_ends_no_lock() -> None:
    bed = made()
    does(bed, "lock --reason why --for 1m web")
    old = bed.leases.acquire("default", "one", timedelta(seconds=4))
    assert old is not None
    bed.clock.advance(120)
    bed.leases.acquire("default", "two", timedelta(seconds=4))
    with pytest.raises(ConflictError):
        bed.use.supervise.tick("default", old)
    assert len(locks(bed)) == 1


def test_trouble_with_one_lock_keeps_no_other_waiting() -> None:
    bed = made()
    does(bed, "lock --reason why --for 1m web")
    does(bed, "lock --reason why --for 1m --all")
    commit = bed.store.commit
    lost: list[Transaction] = []

    def racing(transaction: Transaction) -> None:
        if not lost and any(isinstance(put.record, Lock) for put in transaction.puts):
            lost.append(transaction)
            raise ConflictError("rev", "l")
        commit(transaction)

    bed.clock.advance(120)
    bed.store.commit = racing  # type: ignore[method-assign]  # somebody is first, once
    bed.tick()
    assert len(locks(bed)) == 1
    bed.tick()
    assert locks(bed) == []


# -- killed, or twice


@pytest.mark.parametrize("line", ["lock --reason why web", "unlock --reason ok web"])
@pytest.mark.parametrize("point", ["lock.before_commit", "lock.after_commit"])
def test_a_killed_lock_is_done_once(line: str, point: str) -> None:
    bed = made()
    if line.startswith("unlock"):
        does(bed, "lock --reason why web")
    killed: list[str] = []

    def fault(at: str) -> None:
        if at == point and not killed:
            killed.append(at)
            raise KilledError(at)

    bed.fault = fault
    record = bed.type(line)
    go_on(bed, 10)
    assert killed
    assert bed.private(record)
    assert len(locks(bed)) == (0 if line.startswith("unlock") else 1)
    assert len(public(bed)) == (2 if line.startswith("unlock") else 1)


@pytest.mark.parametrize("point", ["lock.before_expiry", "lock.after_expiry"])
def test_a_killed_steward_ends_a_lock_once(point: str) -> None:
    bed = made()
    does(bed, "lock --reason why --for 1m web")
    wait_for(bed, BOB)
    bed.clock.advance(60)
    killed: list[str] = []

    def fault(at: str) -> None:
        if at == point and not killed:
            killed.append(at)
            raise KilledError(at)

    bed.fault = fault
    go_on(bed, 10)
    assert killed
    assert locks(bed) == []
    assert len(public(bed)) == 2
    assert len(direct(bed, BOB)) == 1


def test_a_job_that_runs_five_times_locks_once() -> None:
    bed = made()
    record = bed.type("lock --reason why web")
    for _ in range(5):
        bed.use.act.run(record)
    assert len(locks(bed)) == 1
    row = bed.store.get(Message, f"l-{record}.parent")
    assert row is not None


def test_a_twin_of_the_job_in_between_changes_nothing() -> None:
    bed = made()
    record = bed.type("lock --reason why web")
    ran: list[str] = []

    def twin(at: str) -> None:
        if at == "lock.before_commit" and not ran:
            ran.append(at)
            bed.wired().act.run(record)

    bed.fault = twin
    bed.work()
    assert ran
    assert len(locks(bed)) == 1
    assert "is locked" in bed.private(record)


def test_a_race_that_is_always_lost_leaves_the_command_for_later() -> None:
    bed = made()
    record = bed.type("lock --reason why web")
    commit = bed.store.commit

    def losing(transaction: Transaction) -> None:
        if any(isinstance(put.record, Lock) for put in transaction.puts):
            raise ConflictError("live", "l-other")
        commit(transaction)

    bed.store.commit = losing  # type: ignore[method-assign]  # somebody is always first
    bed.use.act.run(record)
    assert bed.store.open_ids("default", Action) == [record]
    bed.store.commit = commit  # type: ignore[method-assign]
    bed.settle(5)
    assert len(locks(bed)) == 1


# -- what ends rolled back without a revision to lock


def test_what_is_not_recorded_is_not_locked() -> None:
    store = FakeRecordStore()
    auto = AutoLock(store=store, ledger=Ledger(store=store))
    known = a_rollout(state=RolloutState.ROLLED_BACK, going_back=True, from_revision=1)
    assert auto.on_end(known, NOW) == (known, ()), "no history"
    assert auto.on_end(replace(known, to_revision=1), NOW)[1] == (), "the revision that runs"
    assert auto.on_end(replace(known, to_revision=None), NOW)[1] == (), "none was made"


def test_a_revision_whose_spec_is_gone_is_locked_by_its_image() -> None:
    store = FakeRecordStore()
    auto = AutoLock(store=store, ledger=Ledger(store=store))
    put = Put(record=a_history(Mark.GOOD, Mark.UNKNOWN), rev=0)
    store.commit(Transaction(cluster="default", puts=(put,)))
    known = a_rollout(
        state=RolloutState.ROLLED_BACK, going_back=True, from_revision=1, to_revision=2
    )
    told, puts = auto.on_end(known, NOW)
    assert told.locked_revision == 2
    (lock,) = [each.record for each in puts]
    assert isinstance(lock, Lock)
    assert lock.bad == BadRevision(number=2, spec_hash="", image="httpd:v2")
