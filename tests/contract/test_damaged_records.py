"""A record that cannot be read, in both stores: set aside in lists, said where it is asked for."""

from collections.abc import Callable

import pytest

from bot.adapters import keys
from bot.adapters.audit_chain import AuditChain
from bot.adapters.records import KINDS
from bot.adapters.redis_store import RedisRecordStore
from bot.domain.lock import Lock
from bot.domain.message import Message
from bot.domain.revision import History
from bot.domain.rollout.record import Rollout
from bot.domain.subscription import Subscription
from bot.ports import Put, Record, RecordStore, Transaction, UnreadableRecordError
from tests.contract import samples
from tests.fakes.clock import START, FakeClock
from tests.fakes.store import AUDIT_KEY, FakeRecordStore

Spoil = Callable[[type[Record], str], None]


@pytest.fixture(params=["fake", "redis"])
def store(request: pytest.FixtureRequest) -> RecordStore:
    if request.param == "fake":
        return FakeRecordStore()
    redis = request.getfixturevalue("redis")
    return RedisRecordStore(redis, AuditChain(AUDIT_KEY, FakeClock()))


def put(store: RecordStore, *records: Record) -> None:
    puts = tuple(Put(record=record, rev=0) for record in records)
    store.commit(Transaction(cluster="default", puts=puts))


@pytest.fixture
def spoil(store: RecordStore, request: pytest.FixtureRequest) -> Spoil:
    """Write garbage into a record."""

    def spoiled(kind: type[Record], record_id: str) -> None:
        if isinstance(store, FakeRecordStore):
            store.spoil(kind, record_id)
        else:
            redis = request.getfixturevalue("redis")
            redis.hset(keys.record(KINDS[kind].word, record_id), "doc", b"{not json")

    return spoiled


def test_a_damaged_record_is_left_out_of_lists_and_said_when_it_is_asked_for(
    store: RecordStore, spoil: Spoil
) -> None:
    put(store, samples.rollout("r-1"), samples.rollout("r-2"), samples.rollout("r-3"))
    assert store.unreadable() == []
    spoil(Rollout, "r-2")
    assert [row.value.id for row in store.get_many(Rollout, ["r-1", "r-2", "r-3"])] == [
        "r-1",
        "r-3",
    ]
    assert {row.value.id for row in store.recent_rollouts("default", 5)} == {"r-1", "r-3"}
    assert store.open_ids("default", Rollout) == ["r-1", "r-2", "r-3"]
    with pytest.raises(UnreadableRecordError, match="waggle:rollout:r-2") as told:
        store.get(Rollout, "r-2")
    assert "not json" not in told.value.full_text
    assert store.unreadable() == ["waggle:rollout:r-2"]


def test_a_damaged_lock_locks_until_it_is_mended(store: RecordStore, spoil: Spoil) -> None:
    put(store, samples.lock("l-1"), samples.lock("l-2"))
    spoil(Lock, "l-1")
    with pytest.raises(UnreadableRecordError, match="waggle:lock:l-1"):
        store.open_locks("default")
    assert [row.value.id for row in store.readable_locks("default")] == ["l-2"]


def test_damaged_messages_do_not_hold_up_those_behind_them(
    store: RecordStore, spoil: Spoil
) -> None:
    names = [f"m-{number}" for number in range(1, 6)]
    put(store, *(samples.message(name) for name in names))
    for name in names[:3]:
        spoil(Message, name)
    seen: set[str] = set()
    for _ in range(3):
        seen |= {row.value.id for row in store.due_messages("default", START, 2)}
    assert seen == {"m-4", "m-5"}


def test_a_damaged_subscription_does_not_silence_the_others(
    store: RecordStore, spoil: Spoil
) -> None:
    put(store, samples.subscription("s-1"), samples.subscription("s-2"))
    spoil(Subscription, "s-1")
    assert [row.value.id for row in store.subscriptions("default")] == ["s-2"]
    assert store.unreadable() == ["waggle:subscription:s-1"]


def test_a_damaged_history_is_not_taken_for_none(store: RecordStore, spoil: Spoil) -> None:
    put(store, samples.history())
    spoil(History, samples.history().id)
    with pytest.raises(UnreadableRecordError):
        store.history_by_name("default", samples.history().service)
