"""The record store when Redis misbehaves: lost replies, no server, no memory; and what expires."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis

from bot.adapters import keys
from bot.adapters.audit_chain import AuditChain
from bot.adapters.redis_client import connect
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.valkey import EmbeddedValkey
from bot.domain.message import Message, Sent, Urgency
from bot.domain.rollout.record import Rollout, RolloutState
from bot.ports import (
    ConflictError,
    Once,
    Put,
    StoreUnavailableError,
    Transaction,
    UnreadableRecordError,
)
from bot.usecases.propose import ONCE_FOR
from tests.contract import samples
from tests.fakes.clock import START, FakeClock
from tests.fakes.store import AUDIT_KEY
from tests.waiting import eventually

DAY = 24 * 3600


def _store(redis: Redis) -> RedisRecordStore:
    return RedisRecordStore(redis, AuditChain(AUDIT_KEY, FakeClock()))


class ReplyEater:
    """A proxy on a Unix socket that drops the connection instead of the first reply to a script.

    Attributes:
        eaten: how many replies it has dropped.
    """

    def __init__(self, path: Path, behind: str) -> None:
        self.url = f"unix://{path}"
        self.eaten = 0
        self._behind = behind
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(self._behind)
            while asked := client.recv(1 << 20):
                server.sendall(asked)
                reply = server.recv(1 << 20)
                if b"EVALSHA" in asked and not reply.startswith(b"-") and self.eaten < 1:
                    self.eaten += 1
                    return
                client.sendall(reply)


def test_a_transaction_whose_reply_was_lost_is_not_a_conflict(
    server: EmbeddedValkey, redis: Redis, tmp_path: Path
) -> None:
    proxy = ReplyEater(tmp_path / "proxy.sock", server.url.removeprefix("unix://"))
    client = connect(proxy.url)
    try:
        store = _store(client)
        store.commit(
            Transaction(
                cluster="default",
                puts=(Put(record=samples.rollout(), rev=0),),
                claim=("web", "r-1"),
            )
        )
    finally:
        client.close()
        proxy.close()
    found = _store(redis).get(Rollout, "r-1")
    assert proxy.eaten == 1
    assert found is not None
    assert found.rev == 1
    assert redis.llen(keys.AUDIT) == 1


def test_no_server_is_the_ports_error(tmp_path: Path) -> None:
    store = _store(connect(f"unix://{tmp_path}/none.sock"))
    with pytest.raises(StoreUnavailableError):
        store.get(Rollout, "r-1")
    with pytest.raises(StoreUnavailableError):
        store.commit(Transaction(cluster="default"))


@pytest.mark.parametrize(
    ("setting", "bad", "good"),
    [("maxmemory", "1", "0"), ("min-replicas-to-write", "1", "0")],
)
def test_a_server_that_cannot_write_is_the_ports_error(
    redis: Redis, setting: str, bad: str, good: str
) -> None:
    store = _store(redis)
    redis.config_set(setting, bad)
    try:
        with pytest.raises(StoreUnavailableError):
            store.commit(
                Transaction(cluster="default", puts=(Put(record=samples.rollout(), rev=0),))
            )
    finally:
        redis.config_set(setting, good)
    assert store.get(Rollout, "r-1") is None
    assert store.open_ids("default", Rollout) == []


def _put(redis: Redis, record: Rollout | Message, rev: int = 0) -> None:
    _store(redis).commit(Transaction(cluster="default", puts=(Put(record=record, rev=rev),)))


def test_a_record_expires_only_after_its_end(redis: Redis) -> None:
    key = keys.record("rollout", "r-1")
    _put(redis, samples.rollout())
    assert redis.ttl(key) == -1
    _put(redis, samples.rollout(state=RolloutState.COMPLETED), rev=1)
    assert 89 * DAY < int(redis.ttl(key)) <= 90 * DAY
    _put(redis, samples.rollout(state=RolloutState.PAUSED), rev=2)  # Swarm paused after all
    assert redis.ttl(key) == -1


def test_a_one_time_key_is_forgotten_after_its_time_and_by_no_later_try(redis: Redis) -> None:
    key = keys.once("trigger-1")

    def commit(value: str, ttl: timedelta) -> None:
        once = (Once(key="trigger-1", value=value, ttl=ttl),)
        _store(redis).commit(Transaction(cluster="default", once=once))

    commit("first", ONCE_FOR)
    assert 650_000 < int(redis.pttl(key)) <= 660_000
    redis.pexpire(key, 100_000)  # some minutes later
    with pytest.raises(ConflictError):
        commit("second", ONCE_FOR)
    assert int(redis.pttl(key)) <= 100_000
    assert redis.get(key) == b"first"
    redis.pexpire(key, 1)
    eventually(lambda: not redis.exists(key))
    commit("third", timedelta(milliseconds=1))
    eventually(lambda: not redis.exists(key))


def test_that_a_transaction_was_applied_is_forgotten_after_a_minute(redis: Redis) -> None:
    _put(redis, samples.rollout())
    _put(redis, samples.rollout("r-2"))
    with pytest.raises(ConflictError):
        _put(redis, samples.rollout())  # rev 0 is over: it leaves no mark
    marks = redis.keys(keys.nonce("*"))
    assert len(marks) == 2
    assert all(55_000 < int(redis.pttl(mark)) <= 60_000 for mark in marks)


def test_how_long_it_is_kept_is_told(redis: Redis) -> None:
    store = RedisRecordStore(redis, AuditChain(AUDIT_KEY, FakeClock()), timedelta(hours=1))
    done = samples.rollout(state=RolloutState.COMPLETED)
    store.commit(Transaction(cluster="default", puts=(Put(record=done, rev=0),)))
    assert 3500 < int(redis.ttl(keys.record("rollout", "r-1"))) <= 3600
    assert [row.value.id for row in store.recent_rollouts("default", 9)] == ["r-1"]
    later = samples.rollout("r-2", at=START + timedelta(hours=2))
    store.commit(Transaction(cluster="default", puts=(Put(record=later, rev=0),)))
    assert [row.value.id for row in store.recent_rollouts("default", 9)] == ["r-2"]


def test_the_parent_of_what_goes_on_is_kept(redis: Redis) -> None:
    key = keys.record("message", "r-1.parent")
    said = Sent(channel="C1", ts="1", content_hash="hash of hello", at=START)
    _put(redis, samples.message(sent=said))
    assert redis.ttl(key) == -1
    _put(redis, samples.message(sent=said, urgency=Urgency.FINAL, final=True), rev=1)
    assert int(redis.ttl(key)) > 89 * DAY


def test_a_field_that_a_newer_version_wrote_is_passed_over(redis: Redis) -> None:
    _put(redis, samples.rollout())
    key = keys.record("rollout", "r-1")
    document = redis.hget(key, "doc")
    assert isinstance(document, bytes)
    redis.hset(key, "doc", document[:-1] + b',"from_the_future":1}')
    found = _store(redis).get(Rollout, "r-1")
    assert found is not None
    assert found.value == samples.rollout()


def test_whatever_stands_in_a_record_the_others_are_read_and_it_is_told_once(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    store = _store(redis)
    damage: dict[str, Callable[[str], object]] = {
        "r-json": lambda key: redis.hset(key, "doc", b"{canary"),
        "r-shape": lambda key: redis.hset(key, "doc", b'{"id": "canary"}'),
        "r-bytes": lambda key: redis.hset(key, "doc", bytes(range(200, 256))),
        "r-rev": lambda key: redis.hset(key, "rev", b"canary"),
        "r-half": lambda key: redis.hdel(key, "doc"),
        "r-kind": lambda key: (redis.delete(key), redis.set(key, b"canary")),
    }
    for name in [*damage, "r-whole"]:
        _write(store, name)
    for name, damaged in damage.items():
        damaged(keys.record("rollout", name))
    names = [*damage, "r-whole"]
    with caplog.at_level("ERROR"):
        for each in (store, store, _store(redis)):
            assert [row.value.id for row in each.get_many(Rollout, names)] == ["r-whole"]
            for name in damage:
                with pytest.raises(UnreadableRecordError):
                    each.get(Rollout, name)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == len(damage)
    assert "canary" not in "".join(told)
    assert sorted(store.unreadable()) == sorted(f"waggle:rollout:{name}" for name in damage)


def test_what_was_mended_or_removed_is_not_listed_any_more(redis: Redis) -> None:
    store = _store(redis)
    for name in ("r-1", "r-2"):
        _write(store, name)
    key = keys.record("rollout", "r-1")
    whole = redis.hget(key, "doc")
    redis.hset(key, "doc", b"?")
    redis.hset(keys.record("rollout", "r-2"), "doc", b"?")
    assert store.get_many(Rollout, ["r-1", "r-2"]) == []
    assert len(store.unreadable()) == 2
    redis.hset(key, "doc", whole)
    redis.delete(keys.record("rollout", "r-2"))
    assert store.unreadable() == []
    assert redis.hlen(keys.UNREADABLE) == 0
    assert [row.value.id for row in store.get_many(Rollout, ["r-1", "r-2"])] == ["r-1"]


def test_a_lock_under_whose_key_something_else_stands_counts_as_damaged(redis: Redis) -> None:
    store = _store(redis)
    store.commit(Transaction(cluster="default", puts=(Put(record=samples.lock("l-1"), rev=0),)))
    redis.delete(keys.record("lock", "l-1"))
    assert store.open_locks("default") == []
    redis.set(keys.record("lock", "l-1"), b"?")
    with pytest.raises(UnreadableRecordError, match="waggle:lock:l-1"):
        store.open_locks("default")
    assert store.readable_locks("default") == []


def _write(store: RedisRecordStore, name: str) -> None:
    store.commit(Transaction(cluster="default", puts=(Put(record=samples.rollout(name), rev=0),)))
