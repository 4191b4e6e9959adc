"""The record store when Redis misbehaves: lost replies, no server, no memory; and what expires."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
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
from bot.ports import Put, StoreUnavailableError, Transaction
from tests.contract import samples
from tests.fakes.clock import START, FakeClock
from tests.fakes.store import AUDIT_KEY

DAY = 24 * 3600


def _store(redis: Redis) -> RedisRecordStore:
    return RedisRecordStore(redis, AuditChain(AUDIT_KEY, FakeClock()))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis(server: EmbeddedValkey) -> Iterator[Redis]:
    client = connect(server.url)
    client.flushall()
    yield client
    client.close()


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
