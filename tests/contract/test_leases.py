"""The leases' contract."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.adapters.redis_leases import RedisLeases
from bot.ports import Leases
from tests.fakes.clock import FakeClock
from tests.fakes.leases import FakeLeases

MINUTE = timedelta(minutes=1)
BRIEF = timedelta(milliseconds=60)
Pair = tuple[Leases, Callable[[], None]]


@pytest.fixture(params=["fake", "redis"])
def pair(request: pytest.FixtureRequest) -> Pair:
    """The leases, and a way to let BRIEF pass."""
    if request.param == "fake":
        clock = FakeClock()
        return FakeLeases(clock=clock), lambda: clock.advance(BRIEF * 2)
    redis = request.getfixturevalue("redis")
    return RedisLeases(redis), lambda: time.sleep(BRIEF.total_seconds() * 2)


@pytest.fixture
def leases(pair: Pair) -> Leases:
    return pair[0]


def test_one_holds_the_lease_and_renewing_keeps_the_epoch(leases: Leases) -> None:
    epoch = leases.acquire("default", "one", MINUTE)
    assert epoch is not None
    assert leases.acquire("default", "two", MINUTE) is None
    assert leases.acquire("default", "one", MINUTE) == epoch


def test_clusters_are_apart(leases: Leases) -> None:
    assert leases.acquire("default", "one", MINUTE) is not None
    assert leases.acquire("eu", "two", MINUTE) is not None


def test_a_new_holder_has_a_higher_epoch(pair: Pair) -> None:
    leases, pass_time = pair
    first = leases.acquire("default", "one", BRIEF)
    pass_time()
    second = leases.acquire("default", "two", MINUTE)
    assert first is not None
    assert second is not None
    assert second > first
    assert leases.acquire("default", "one", MINUTE) is None


def test_a_release_frees_ones_own_only(leases: Leases) -> None:
    leases.acquire("default", "one", MINUTE)
    leases.release("default", "two")
    assert leases.acquire("default", "two", MINUTE) is None
    leases.release("default", "one")
    assert leases.acquire("default", "two", MINUTE) is not None


def test_heartbeats_are_counted_while_fresh(pair: Pair) -> None:
    leases, pass_time = pair
    leases.beat("default", "worker", "h:1", MINUTE)
    leases.beat("default", "worker", "h:1", MINUTE)
    leases.beat("default", "worker", "h:2", MINUTE)
    leases.beat("default", "steward", "h:3", MINUTE)
    leases.beat("eu", "worker", "h:4", BRIEF)
    pass_time()
    assert leases.beats() == {"default": {"worker": 2, "steward": 1}, "eu": {}}
