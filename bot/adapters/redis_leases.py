"""The steward's lease, its fencing epoch, and the heartbeats, in Redis."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, cast

from pydantic import TypeAdapter, ValidationError
from redis import Redis

from bot.adapters import keys, lua
from bot.adapters.redis_client import translated
from bot.domain.trouble import Trouble
from bot.domain.vitals import LastSeen, Vitals

FORGOTTEN_AFTER: Final = timedelta(days=7)
_VITALS: Final = TypeAdapter(Vitals)
_TROUBLES: Final = TypeAdapter(tuple[Trouble, ...])


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

    def beat(
        self, cluster: str, role: str, who: str, ttl: timedelta, troubles: Sequence[Trouble] = ()
    ) -> None:
        """Leave a heartbeat and the process's troubles, in one step."""
        told = _TROUBLES.dump_json(tuple(troubles)) if troubles else b""
        with translated():
            self._beat(
                keys=[keys.beats(cluster), keys.CLUSTERS, keys.troubles(cluster)],
                args=[f"{role}:{who}", _milliseconds(ttl), cluster, told],
            )

    def beats(self) -> dict[str, dict[str, int]]:
        """Return, per known cluster, how many fresh heartbeats each role has.

        A cluster is known from its first heartbeat until a week after its last: who retires one
        for good should not be told for ever that it is missing.
        """
        return {
            cluster: dict(Counter(member.partition(":")[0] for member in members))
            for cluster, members in self._fresh().items()
        }

    def troubles(self) -> dict[str, dict[str, tuple[Trouble, ...]]]:
        """Return what the processes with a fresh heartbeat say of themselves."""
        fresh = self._fresh()
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            for cluster in fresh:
                pipeline.hgetall(keys.troubles(cluster))
            told = cast("list[dict[bytes, bytes]]", pipeline.execute())
        return {
            cluster: {
                member.decode().replace(":", " ", 1): troubles
                for member, document in sorted(rows.items())
                if member.decode() in members and (troubles := _read(document))
            }
            for (cluster, members), rows in zip(fresh.items(), told, strict=True)
        }

    def tell(self, cluster: str, vitals: Vitals) -> None:
        """Keep how a swarm is, for a week."""
        told = _VITALS.dump_json(vitals)
        with translated():
            self._redis.set(keys.vitals(cluster), told, px=_milliseconds(FORGOTTEN_AFTER))

    def vitals(self) -> dict[str, LastSeen]:
        """Return what was told last; its age is what is gone of its expiry: the server's clock."""
        names = list(self._fresh())
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            for name in names:
                pipeline.get(keys.vitals(name))
                pipeline.pttl(keys.vitals(name))
            found = pipeline.execute()
        read = zip(names, found[::2], found[1::2], strict=True)
        seen = {name: _last_seen(document, left) for name, document, left in read if document}
        return {name: each for name, each in seen.items() if each is not None}

    def _fresh(self) -> dict[str, list[str]]:
        """Return the `role:who` of each known cluster that have a fresh heartbeat."""
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
            cluster: [member.decode() for member in members]
            for cluster, members in zip(clusters, fresh, strict=True)
        }


def _last_seen(document: bytes, left: int) -> LastSeen | None:
    ago = FORGOTTEN_AFTER - timedelta(milliseconds=left)
    try:
        return LastSeen(vitals=_VITALS.validate_json(document), ago=max(ago, timedelta()))
    except ValidationError:
        return None  # of a newer version


def _read(document: bytes) -> tuple[Trouble, ...]:
    try:
        return _TROUBLES.validate_json(document)
    except ValidationError:
        return ()  # of a newer version: its own log tells


def _milliseconds(duration: timedelta) -> int:
    return max(1, round(duration.total_seconds() * 1000))
