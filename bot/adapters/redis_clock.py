"""The clock that all processes share: the Redis server's."""

from datetime import UTC, datetime, timedelta
from typing import Final

from redis import Redis

from bot.adapters.redis_client import translated

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class RedisClock:
    """Implements `bot.ports.Clock` for what must end at one moment for all, wherever they run.

    Each look is a round trip. There is no other clock to fall back to: two processes would not
    agree on what has expired.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def now(self) -> datetime:
        """Return the server's present moment, aware UTC.

        Raises:
            StoreUnavailableError: it does not answer.
        """
        with translated():
            seconds, micros = self._redis.time()
        return _EPOCH + timedelta(seconds=seconds, microseconds=micros)
