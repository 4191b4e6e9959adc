"""A real Valkey for the suites that hold fakes and adapters to the same contract."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from bot.adapters.audit_chain import AuditChain
from bot.adapters.redis_client import connect
from bot.adapters.redis_leases import RedisLeases
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.valkey import EmbeddedValkey, ValkeyError, server_binary
from bot.ports import Leases, RecordStore
from playground.simulator.hub import Options
from playground.simulator.server import LocalSimulator
from tests.contract.office import Office, an_office
from tests.contract.scene import Scene
from tests.fakes.clock import FakeClock
from tests.fakes.leases import FakeLeases
from tests.fakes.store import AUDIT_KEY, FakeRecordStore
from tests.lab_fixtures import cannot_run

Pair = tuple[RecordStore, Leases]


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        server_binary()
    except ValkeyError as error:
        cannot_run(str(error))
    server = EmbeddedValkey(Path(tmp_path_factory.mktemp("valkey")))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def redis(valkey_url: str) -> Iterator[Redis]:
    client = connect(valkey_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(params=["fake", "redis"])
def scene(request: pytest.FixtureRequest) -> Scene:
    if request.param == "fake":
        return Scene(FakeRecordStore())
    return Scene(RedisRecordStore(request.getfixturevalue("redis")))


@pytest.fixture
def office(redis: Redis) -> Iterator[Office]:
    """A workspace with @sre (sam) and @ops (ann)."""
    with an_office(redis) as made:
        yield made


def _fake(_: pytest.FixtureRequest) -> Pair:
    store = FakeRecordStore()
    return store, FakeLeases(clock=store.clock, epochs=store.epochs)


def _real(request: pytest.FixtureRequest) -> Pair:
    redis = request.getfixturevalue("redis")
    return RedisRecordStore(redis, AuditChain(AUDIT_KEY, FakeClock())), RedisLeases(redis)


@pytest.fixture(params=[_fake, _real], ids=["fake", "redis"])
def pair(request: pytest.FixtureRequest) -> Pair:
    make: Callable[[pytest.FixtureRequest], Pair] = request.param
    return make(request)


@pytest.fixture
def store(pair: Pair) -> RecordStore:
    return pair[0]


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSimulator]:
    """A simulated swarm whose time passes as a test says; shared, so use names of your own."""
    socket = tmp_path_factory.mktemp("simulator") / "docker.sock"
    with LocalSimulator(Options(speed=0, socket=str(socket))) as served:
        yield served
