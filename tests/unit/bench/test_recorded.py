"""An answer counts only if a record came of it."""

import pytest

from bench.load import Run
from bench.recorded import Accepted, entered, held
from bot.domain.audit import What, audited
from bot.domain.rollout.record import RolloutState
from bot.ports import Put, Transaction
from tests.contract import samples
from tests.fakes.audit import FakeAuditLog
from tests.fakes.clock import START, FakeClock
from tests.fakes.store import FakeRecordStore


def write(store: FakeRecordStore, *numbers: int) -> None:
    puts = tuple(Put(record=samples.rollout(f"r-{n}"), rev=0) for n in numbers)
    store.commit(Transaction(cluster="default", puts=puts))


def test_commands_are_counted_by_the_audit_log_and_nothing_else_is() -> None:
    store = FakeRecordStore()
    accepted = Accepted(FakeAuditLog(store))
    assert accepted() == 0
    write(store, *range(5))
    assert accepted() == 5
    denied = audited(samples.rollout("r-9").request, What.DENIED)
    store.commit(Transaction(cluster="default", audit=(denied,)))
    planned = samples.rollout("r-0", state=RolloutState.PLANNED)
    store.commit(Transaction(cluster="default", puts=(Put(record=planned, rev=1),)))
    assert FakeAuditLog(store).length() == 7
    assert accepted() == 5
    write(store, 10)
    assert accepted() == 6


def test_a_run_is_kept_if_as_many_commands_were_recorded_as_were_answered() -> None:
    run = Run(seconds=1, latencies=[0.1, 0.2], bad=0)
    counts = iter((7, 9))
    assert held("a change", lambda: next(counts), lambda: run) is run


@pytest.mark.parametrize(("after", "found"), [(8, 1), (7, 0), (10, 3)])
def test_answers_without_a_record_are_no_figures(after: int, found: int) -> None:
    counts = iter((7, after))
    run = Run(seconds=1, latencies=[0.1, 0.2], bad=0)
    with pytest.raises(RuntimeError, match=f"a change: 2 answers, but {found} recorded"):
        held("a change", lambda: next(counts), lambda: run)


def test_a_run_with_a_bad_answer_is_no_figure() -> None:
    run = Run(seconds=1, latencies=[0.1, 0.2], bad=1)
    with pytest.raises(RuntimeError, match="a change: 1 of 2 answers were not 200"):
        held("a change", lambda: 0, lambda: run)


def test_a_pause_is_as_old_as_its_entry_whatever_its_tasks_do_afterwards() -> None:
    clock = FakeClock()
    store, held_up = FakeRecordStore(clock=clock), RolloutState.PAUSED
    write(store, 1, 2, 3)
    moved = (RolloutState.PROGRESSING, held_up, held_up, RolloutState.PROGRESSING, held_up)
    for rev, state in enumerate(moved, start=1):
        clock.advance(10)
        again = samples.rollout("r-1", state=state, touched_at=clock.now())
        store.commit(Transaction(cluster="default", puts=(Put(record=again, rev=rev),)))
    done = samples.rollout("r-2", state=RolloutState.COMPLETED)
    store.commit(Transaction(cluster="default", puts=(Put(record=done, rev=1),)))
    wanted = {"r-1": held_up, "r-2": RolloutState.COMPLETED}
    began = START.timestamp()
    assert entered(FakeAuditLog(store), wanted) == {"r-1": began + 20, "r-2": began + 50}


def test_what_has_no_entry_of_its_state_is_no_figure() -> None:
    store = FakeRecordStore()
    write(store, 1, 2)
    with pytest.raises(RuntimeError, match="no entry of r-1, r-2: no figures"):
        entered(FakeAuditLog(store), dict.fromkeys(["r-1", "r-2"], RolloutState.PAUSED))
