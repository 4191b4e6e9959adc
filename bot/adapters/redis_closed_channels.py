"""The channels that cannot be posted to, in one hash of Redis."""

from datetime import timedelta
from typing import Final, cast

from redis import Redis

from bot.adapters import keys
from bot.adapters.redis_client import translated

REMEMBERED: Final = timedelta(days=7)
"""After the last refusal: who takes a channel out of the policy should not read of it for ever."""

HEAD_REMEMBERED: Final = timedelta(days=1)
"""The same of the audit log's head, which is tried each minute: who unsets the channel is done."""


class RedisClosedChannels:
    """Implements `bot.ports.ClosedChannels`."""

    def __init__(
        self, redis: Redis, key: str = keys.CLOSED_CHANNELS, kept: timedelta = REMEMBERED
    ) -> None:
        self._redis = redis
        self._key = key
        self._kept = kept

    def close(self, channel: str, code: str) -> None:
        """Remember a channel with Slack's word for why."""
        with translated():
            pipeline = self._redis.pipeline()
            pipeline.hset(self._key, channel, code)
            pipeline.pexpire(self._key, self._kept)
            pipeline.execute()

    def open(self, channel: str) -> None:
        """Forget it."""
        with translated():
            self._redis.hdel(self._key, channel)

    def closed(self) -> dict[str, str]:
        """Return channel id → Slack's word."""
        with translated():
            found = cast("dict[bytes, bytes]", self._redis.hgetall(self._key))
        return {channel.decode(): code.decode() for channel, code in sorted(found.items())}


def closed_to_heads(redis: Redis) -> RedisClosedChannels:
    """Return those that cannot be told the audit log's head."""
    return RedisClosedChannels(redis, keys.CLOSED_TO_HEADS, HEAD_REMEMBERED)
