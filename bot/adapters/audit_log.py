"""The audit log in Redis, for reading: a list of lines, and the head beside it."""

from typing import cast

from redis import Redis

from bot.adapters import keys
from bot.adapters.redis_client import translated
from bot.domain.audit import GENESIS, Head


class RedisAuditLog:
    """Implements `bot.ports.AuditLog`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def head(self) -> Head:
        """Return the last entry that was written, as it was noted beside the log."""
        with translated():
            found = self._redis.hmget(keys.AUDIT_HEAD, ["seq", "hash"])
        seq, last = cast("list[bytes | None]", found)
        if seq is None or last is None or not seq.isdigit():
            return GENESIS
        return Head(seq=int(seq), hash=last.decode("ascii", "replace"))

    def length(self) -> int:
        """Return how many entries there are."""
        with translated():
            return self._redis.llen(keys.AUDIT)

    def lines(self, start: int, count: int) -> list[bytes]:
        """Return the lines from a position on, oldest first."""
        if count < 1:
            return []
        with translated():
            return cast("list[bytes]", self._redis.lrange(keys.AUDIT, start, start + count - 1))
