"""The clocks' contract."""

from datetime import UTC, timedelta

import pytest
from redis import Redis

from bot.adapters.clock import SystemClock
from bot.adapters.redis_client import connect
from bot.adapters.redis_clock import RedisClock
from bot.ports import Clock, StoreUnavailableError
from tests.fakes.clock import FakeClock


@pytest.fixture(params=["fake", "system", "redis"])
def clock(request: pytest.FixtureRequest) -> Clock:
    if request.param == "redis":
        return RedisClock(request.getfixturevalue("redis"))
    return FakeClock() if request.param == "fake" else SystemClock()


def test_it_is_aware_utc_and_does_not_go_back(clock: Clock) -> None:
    times = [clock.now() for _ in range(20)]
    assert all(each.tzinfo is UTC for each in times)
    assert times == sorted(times)


def test_all_that_ask_redis_agree(redis: Redis) -> None:
    one, other = RedisClock(redis), RedisClock(redis)
    first, second, third = one.now(), other.now(), one.now()
    assert first <= second <= third
    assert abs(first - SystemClock().now()) < timedelta(seconds=5)


def test_without_redis_there_is_no_time(tmp_path: object) -> None:
    clock = RedisClock(connect(f"unix://{tmp_path}/nobody.sock"))
    with pytest.raises(StoreUnavailableError):
        clock.now()
