"""The audit log's part of the record store's contract, held by the fake and by Redis."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.audit_chain import AuditChain
from bot.adapters.audit_log import RedisAuditLog
from bot.adapters.redis_store import RedisRecordStore
from bot.domain.audit import GENESIS, Keys, What, audited, from_line, verify
from bot.domain.policy import Decision, Outcome
from bot.domain.rollout.record import RolloutState
from bot.ports import AuditLog, ConflictError, Fence, Once, Put, RecordStore, Transaction
from tests.contract import samples
from tests.fakes.audit import FakeAuditLog
from tests.fakes.clock import START, FakeClock
from tests.fakes.store import AUDIT_KEY, FakeRecordStore

Pair = tuple[RecordStore, AuditLog]
KEYS = Keys(AUDIT_KEY)


def _fake(_: pytest.FixtureRequest) -> Pair:
    store = FakeRecordStore()
    return store, FakeAuditLog(store)


def _real(request: pytest.FixtureRequest) -> Pair:
    redis = request.getfixturevalue("redis")
    return RedisRecordStore(redis, AuditChain(AUDIT_KEY, FakeClock())), RedisAuditLog(redis)


@pytest.fixture(params=[_fake, _real], ids=["fake", "redis"])
def pair(request: pytest.FixtureRequest) -> Pair:
    make: Callable[[pytest.FixtureRequest], Pair] = request.param
    return make(request)


def words(log: AuditLog) -> list[str]:
    verdict = verify(log.lines(0, 1_000), KEYS, [] if log.head() == GENESIS else [log.head()])
    assert verdict.fault is None, verdict.fault
    assert verdict.head.seq == log.length()
    return [from_line(line).draft.what for line in log.lines(0, 1_000)]


def write(store: RecordStore, *records: object, rev: int = 0, **more: object) -> None:
    puts = tuple(Put(record=record, rev=rev) for record in records)  # type: ignore[arg-type]  # any kind of record
    store.commit(Transaction(cluster="default", puts=puts, **more))  # type: ignore[arg-type]  # fields by name


def test_an_empty_log(pair: Pair) -> None:
    _, log = pair
    assert (log.head(), log.length(), log.lines(0, 5)) == (GENESIS, 0, [])


def test_each_transition_is_written_with_its_entry(pair: Pair) -> None:
    store, log = pair
    rollout = samples.rollout()
    write(store, rollout)
    write(store, replace(rollout, state=RolloutState.PLANNED), rev=1)
    write(store, replace(rollout, state=RolloutState.PLANNED, notes=3), rev=2)
    write(store, replace(rollout, state=RolloutState.PROGRESSING), rev=3)
    write(store, samples.message())
    write(store, samples.query())
    assert words(log) == ["accepted", "planned", "started"]
    assert from_line(log.lines(0, 1)[0]).at == START


def test_lines_are_read_by_position(pair: Pair) -> None:
    store, log = pair
    write(store, *(samples.rollout(f"r-{n}") for n in range(6)))
    whole = log.lines(0, 100)
    assert len(whole) == log.length() == 6
    assert log.lines(2, 3) == whole[2:5]
    assert log.lines(5, 3) == whole[5:]
    assert (log.lines(6, 3), log.lines(0, 0)) == ([], [])
    assert (log.head().seq, log.head().hash) == (6, from_line(whole[5]).hash)


def test_an_entry_alone_is_a_transaction(pair: Pair) -> None:
    store, log = pair
    decision = Decision(outcome=Outcome.DENY, rule="no grant")
    entry = audited(samples.request("a-1"), What.DENIED, target="web", decision=decision)
    once = Once(key="trigger:1", value="no", ttl=timedelta(minutes=1))
    store.commit(Transaction(cluster="default", audit=(entry,), once=(once,)))
    with pytest.raises(ConflictError):
        store.commit(Transaction(cluster="default", audit=(entry,), once=(once,)))
    assert words(log) == ["denied"]


def test_what_is_not_written_has_no_entry(pair: Pair) -> None:
    store, log = pair
    rollout = samples.rollout(state=RolloutState.PROGRESSING)
    write(store, rollout, claim=("web", "r-1"))
    paused = replace(rollout, state=RolloutState.PAUSED)
    for late in (
        {"rev": 7},
        {"rev": 0},
        {"rev": 1, "fence": Fence(cluster="default", epoch=9)},
    ):
        with pytest.raises(ConflictError):
            write(store, paused, **late)
    with pytest.raises(ConflictError):
        write(store, samples.rollout("r-2"), claim=("web", "r-2"))
    assert words(log) == ["progressing"]


def test_writers_who_race_make_one_chain(pair: Pair) -> None:
    """Nobody sees that somebody else wrote at the same time: every commit comes through."""
    store, log = pair
    errors: list[Exception] = []

    def work(who: int) -> None:
        try:
            for number in range(20):
                write(store, samples.rollout(f"r-{who}-{number}"))
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(who,)) for who in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(words(log)) == 100
    subjects = {from_line(line).draft.subject for line in log.lines(0, 1_000)}
    assert len(subjects) == 100
