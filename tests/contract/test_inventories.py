"""The contract of what is known of a swarm, held by the fake and by Redis."""

from datetime import timedelta

import pytest
from redis import Redis

from bot.adapters import keys
from bot.adapters.redis_inventory import KEPT, TAGS_KEPT, RedisInventories
from bot.domain.inventory import Inventory, NodeStock, ServiceStock
from bot.domain.policy import Side
from bot.ports import Inventories
from tests.fakes.inventories import FakeInventories

WEB = ServiceStock(
    name="web",
    image="shop/web:2.4",
    replicas=3,
    parallelism=1,
    delay="10s",
    order="stop-first",
    failure_action="pause",
    constraints=("node.labels.env == prod",),
    side=Side(
        labels={"team": "shop"},
        constraints=frozenset({"node.labels.env==prod"}),
        networks=frozenset({"backend"}),
    ),
)
INVENTORY = Inventory(services=(WEB,), nodes=(NodeStock(name="n1", labels={"env": "prod"}),))


@pytest.fixture(params=["fake", "redis"])
def inventories(request: pytest.FixtureRequest) -> Inventories:
    if request.param == "fake":
        return FakeInventories()
    return RedisInventories(request.getfixturevalue("redis"))


def test_what_was_seen_last_is_known_with_its_age(inventories: Inventories) -> None:
    assert inventories.seen("default") is None
    inventories.keep("default", Inventory())
    inventories.keep("default", INVENTORY)
    found = inventories.seen("default")
    assert found is not None
    assert found.inventory == INVENTORY
    assert timedelta() <= found.age < timedelta(minutes=1)
    assert not found.is_stale
    assert inventories.seen("eu") is None


def test_tags_are_kept_in_their_order(inventories: Inventories) -> None:
    assert inventories.tags("default", "shop/web") == ()
    inventories.keep_tags("default", "shop/web", ["2.4", "2.3"])
    inventories.keep_tags("default", "shop/web", ["2.5", "2.4"])
    assert inventories.tags("default", "shop/web") == ("2.5", "2.4")
    assert inventories.tags("eu", "shop/web") == ()


def test_the_age_is_what_has_gone_of_the_expiry(redis: Redis) -> None:
    inventories = RedisInventories(redis)
    inventories.keep("default", INVENTORY)
    redis.pexpire(keys.inventory("default"), KEPT - timedelta(minutes=5))
    found = inventories.seen("default")
    assert found is not None
    assert timedelta(minutes=5) <= found.age < timedelta(minutes=6)
    assert found.is_stale


def test_what_another_version_wrote_counts_as_unknown(redis: Redis) -> None:
    redis.set(keys.inventory("default"), b'{"services": 3}')
    assert RedisInventories(redis).seen("default") is None


def test_tags_are_forgotten(redis: Redis) -> None:
    RedisInventories(redis).keep_tags("default", "shop/web", ["2.4"])
    left = redis.pttl(keys.tags("default", "shop/web"))
    assert isinstance(left, int)
    assert 0 < left <= TAGS_KEPT.total_seconds() * 1000
