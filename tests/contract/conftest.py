"""A real Valkey for the suites that hold fakes and adapters to the same contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from bot.adapters.redis_client import connect
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.valkey import EmbeddedValkey, ValkeyError, server_binary
from tests.contract.scene import Scene
from tests.fakes.store import FakeRecordStore


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        server_binary()
    except ValkeyError as error:
        pytest.skip(str(error))
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
