"""What Slack last said about user groups, in Redis: the bot and all workers share one answer."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast

from redis import Redis

from bot.adapters import keys
from bot.adapters.redis_client import translated

KEPT: Final = timedelta(seconds=300)
"""What is older is forgotten."""

_ASKING: Final = b"asking"
_RESTING: Final = b"resting"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of one group.

    Attributes:
        members: their ids; None when nothing is known that is young enough.
        age: since Slack said so; None with members None.
        asked: some process waits for Slack's answer at this moment.
    """

    members: frozenset[str] | None = None
    age: timedelta | None = None
    asked: bool = False


class GroupCache:
    """Members by group. All methods may raise StoreUnavailableError.

    Ages are those of the keys' expiry: the server's clock decides, not the callers'.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def read(self, groups: Sequence[str]) -> dict[str, Known]:
        """Return what is known of these groups, all at one moment, in one round trip."""
        with translated():
            # A transaction: an answer that comes between the lines must not look like none.
            pipeline = self._redis.pipeline(transaction=True)
            for group in groups:
                pipeline.get(keys.group(group))
                pipeline.pttl(keys.group(group))
                pipeline.get(keys.group_asked(group))
            found = pipeline.execute()
        rows = zip(found[::3], found[1::3], found[2::3], strict=True)
        return {group: _known(*row) for group, row in zip(groups, rows, strict=True)}

    def claim(self, group: str, at_most: timedelta) -> bool:
        """Return whether the caller is the one to ask Slack; nobody else is, for `at_most`."""
        with translated():
            took = self._redis.set(
                keys.group_asked(group), _ASKING, nx=True, px=_milliseconds(at_most)
            )
        return bool(took)

    def keep(self, group: str, members: Iterable[str]) -> None:
        """Keep what Slack said, and let others ask again."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.set(keys.group(group), json.dumps(sorted(members)), px=_milliseconds(KEPT))
            pipeline.delete(keys.group_asked(group))
            pipeline.execute()

    def rest(self, group: str, pause: timedelta) -> None:
        """Let nobody ask for a while: Slack did not answer, or wants a pause."""
        with translated():
            self._redis.set(keys.group_asked(group), _RESTING, px=_milliseconds(pause))


def _known(document: bytes | None, left: int, asked: bytes | None) -> Known:
    if document is None or left < 0:  # without an expiry it is not ours
        return Known(asked=asked == _ASKING)
    members = frozenset(cast("list[str]", json.loads(document)))
    age = max(timedelta(), KEPT - timedelta(milliseconds=left))
    return Known(members=members, age=age, asked=asked == _ASKING)


def _milliseconds(duration: timedelta) -> int:
    return max(1, round(duration.total_seconds() * 1000))
