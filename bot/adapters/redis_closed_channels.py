"""The channels that cannot be posted to, in one hash of Redis."""

from datetime import timedelta
from typing import Final, cast

from redis import Redis

from bot.adapters import keys
from bot.adapters.redis_client import translated

REMEMBERED: Final = timedelta(days=7)
"""After the last refusal: who takes a channel out of the policy should not read of it for ever."""


class RedisClosedChannels:
    """Implements `bot.ports.ClosedChannels`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def close(self, channel: str, code: str) -> None:
        """Remember a channel with Slack's word for why."""
        with translated():
            pipeline = self._redis.pipeline()
            pipeline.hset(keys.CLOSED_CHANNELS, channel, code)
            pipeline.pexpire(keys.CLOSED_CHANNELS, REMEMBERED)
            pipeline.execute()

    def open(self, channel: str) -> None:
        """Forget it."""
        with translated():
            self._redis.hdel(keys.CLOSED_CHANNELS, channel)

    def closed(self) -> dict[str, str]:
        """Return channel id → Slack's word."""
        with translated():
            found = cast("dict[bytes, bytes]", self._redis.hgetall(keys.CLOSED_CHANNELS))
        return {channel.decode(): code.decode() for channel, code in sorted(found.items())}
