"""The steward's lease, its fencing epoch, and the heartbeats, in Redis."""

from collections import Counter
from datetime import timedelta
from typing import Final, cast

from redis import Redis

from bot.adapters import keys, lua
from bot.adapters.redis_client import translated

FORGOTTEN_AFTER: Final = timedelta(days=7)


class RedisLeases:
    """Implements `bot.ports.Leases`. The server's clock decides, not the callers'."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._acquire = redis.register_script(lua.source("acquire"))
        self._release = redis.register_script(lua.source("release"))
        self._beat = redis.register_script(lua.source("beat"))

    def acquire(self, cluster: str, holder: str, ttl: timedelta) -> int | None:
        """Take or renew the lease.

        The epoch grows whenever the lease was free before, also when the same holder takes it
        again: what it had in flight may have been decided on what is no longer true.
        """
        with translated():
            epoch = self._acquire(
                keys=[keys.lease(cluster), keys.epoch(cluster)],
                args=[holder, _milliseconds(ttl)],
            )
        return cast("int | None", epoch)

    def release(self, cluster: str, holder: str) -> None:
        """Give the lease up at once; nothing happens when another holds it."""
        with translated():
            self._release(keys=[keys.lease(cluster)], args=[holder])

    def beat(self, cluster: str, role: str, who: str, ttl: timedelta) -> None:
        """Leave a heartbeat; `role` is `worker` or `steward`, `who` is unique to the process."""
        with translated():
            self._beat(
                keys=[keys.beats(cluster), keys.CLUSTERS],
                args=[f"{role}:{who}", _milliseconds(ttl), cluster],
            )

    def beats(self) -> dict[str, dict[str, int]]:
        """Return, per known cluster, how many fresh heartbeats each role has.

        A cluster is known from its first heartbeat until a week after its last: who retires one
        for good should not be told for ever that it is missing.
        """
        with translated():
            seconds, micros = self._redis.time()
            now = seconds * 1000 + micros // 1000
            known = self._redis.zrangebyscore(
                keys.CLUSTERS, now - _milliseconds(FORGOTTEN_AFTER), "+inf"
            )
            clusters = sorted(name.decode() for name in cast("list[bytes]", known))
            pipeline = self._redis.pipeline(transaction=False)
            for cluster in clusters:
                pipeline.zrangebyscore(keys.beats(cluster), f"({now}", "+inf")
            fresh = cast("list[list[bytes]]", pipeline.execute())
        return {
            cluster: dict(Counter(member.decode().partition(":")[0] for member in members))
            for cluster, members in zip(clusters, fresh, strict=True)
        }


def _milliseconds(duration: timedelta) -> int:
    return max(1, round(duration.total_seconds() * 1000))
