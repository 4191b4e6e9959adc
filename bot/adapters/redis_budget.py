"""The rate budget: token buckets in Redis, shared by all processes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from redis import Redis

from bot.adapters import keys, lua
from bot.adapters.redis_client import translated


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`per_minute` tokens, at most `burst` at once; for each channel or for all together."""

    per_minute: float
    burst: int
    per_channel: bool = False


LIMITS: Final[Mapping[str, tuple[Limit, ...]]] = {
    # "about 1 a second and channel, short bursts, several hundred a minute and workspace"
    "chat.postMessage": (
        Limit(per_minute=54, burst=5, per_channel=True),
        Limit(per_minute=240, burst=20),
    ),
    # Tier 3: 50 a minute and more, for the workspace. What is saved up counts in the first minute,
    # too: 42 and 7 leave one for what we do not count. Fewer saved up, and the first edits of a
    # single rollout would already wait for each other.
    "chat.update": (Limit(per_minute=42, burst=7),),
    "chat.postEphemeral": (Limit(per_minute=90, burst=10),),
    # its page names no tier: one a second, as for any method, with room for many starts at once
    "chat.getPermalink": (Limit(per_minute=54, burst=20),),
    "conversations.open": (Limit(per_minute=45, burst=5),),
    "conversations.history": (Limit(per_minute=45, burst=5),),
    "conversations.replies": (Limit(per_minute=45, burst=5),),
    "files.getUploadURLExternal": (Limit(per_minute=18, burst=4),),
    # Tier 2: 20 a minute and more. At start all groups of a policy are asked about at once.
    "usergroups.users.list": (Limit(per_minute=13, burst=7),),
}
"""https://docs.slack.dev/apis/web-api/rate-limits, a tenth below what is allowed in the long
run."""

_OTHER: Final = (Limit(per_minute=54, burst=3),)
"""Slack advises to design for one call a second and method."""


class RedisBudget:
    """Implements `bot.ports.Budget`."""

    def __init__(self, redis: Redis, limits: Mapping[str, tuple[Limit, ...]] = LIMITS) -> None:
        self._limits = limits
        self._take = redis.register_script(lua.source("take"))
        self._give_back = redis.register_script(lua.source("give_back"))
        self._penalize = redis.register_script(lua.source("penalize"))

    def take(self, method: str, channel: str, now: datetime, *, urgent: bool = False) -> timedelta:
        """Take a token of each bucket that this call needs, or none and say how long to wait."""
        limits = self._limits.get(method, _OTHER)
        rates = [figure for limit in limits for figure in (limit.per_minute / 60, limit.burst)]
        with translated():
            wait = self._take(
                keys=[_bucket(method, channel, limit) for limit in limits],
                args=[_epoch_ms(now), int(urgent), *rates],
            )
        return timedelta(milliseconds=cast("int", wait))

    def give_back(self, method: str, channel: str, now: datetime) -> None:
        """Put a token back into each of its buckets, if they are not full by now."""
        limits = self._limits.get(method, _OTHER)
        with translated():
            self._give_back(
                keys=[_bucket(method, channel, limit) for limit in limits],
                args=[_epoch_ms(now), *(limit.burst for limit in limits)],
            )

    def penalize(self, method: str, channel: str, until: datetime) -> None:
        """Give no token before `until`: of the narrowest bucket, for Slack does not say which."""
        limit = self._limits.get(method, _OTHER)[0]
        ttl = timedelta(minutes=15)
        with translated():
            self._penalize(
                keys=[_bucket(method, channel, limit)],
                args=[_epoch_ms(until), round(ttl.total_seconds() * 1000)],
            )


def _bucket(method: str, channel: str, limit: Limit) -> str:
    return keys.bucket(f"{method}:{channel}" if limit.per_channel else method)


def _epoch_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
