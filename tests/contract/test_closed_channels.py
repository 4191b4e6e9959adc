"""The contract of what is known of closed channels, held by the fake and by Redis."""

import pytest
from redis import Redis

from bot.adapters import keys
from bot.adapters.redis_closed_channels import (
    HEAD_REMEMBERED,
    REMEMBERED,
    RedisClosedChannels,
    closed_to_heads,
)
from bot.ports import ClosedChannels
from tests.fakes.closed_channels import FakeClosedChannels


@pytest.fixture(params=["fake", "redis"])
def channels(request: pytest.FixtureRequest) -> ClosedChannels:
    if request.param == "fake":
        return FakeClosedChannels()
    return RedisClosedChannels(request.getfixturevalue("redis"))


def test_a_closed_channel_is_known_until_it_opens(channels: ClosedChannels) -> None:
    assert channels.closed() == {}
    channels.close("C9", "not_in_channel")
    channels.close("C8", "is_archived")
    channels.close("C9", "is_archived")
    assert channels.closed() == {"C8": "is_archived", "C9": "is_archived"}
    channels.open("C9")
    channels.open("C7")
    assert channels.closed() == {"C8": "is_archived"}


def test_what_nobody_asked_for_any_more_is_forgotten(redis: Redis) -> None:
    RedisClosedChannels(redis).close("C9", "is_archived")
    left = redis.pttl(keys.CLOSED_CHANNELS)
    assert isinstance(left, int)
    assert 0 < left <= REMEMBERED.total_seconds() * 1000


def test_those_that_are_not_told_the_head_are_others_and_forgotten_sooner(redis: Redis) -> None:
    RedisClosedChannels(redis).close("C9", "is_archived")
    closed_to_heads(redis).close("C8", "not_in_channel")
    assert RedisClosedChannels(redis).closed() == {"C9": "is_archived"}
    assert closed_to_heads(redis).closed() == {"C8": "not_in_channel"}
    left = redis.pttl(keys.CLOSED_TO_HEADS)
    assert isinstance(left, int)
    assert 0 < left <= HEAD_REMEMBERED.total_seconds() * 1000
