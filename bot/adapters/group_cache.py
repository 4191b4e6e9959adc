"""What Slack last said about user groups, in Redis: the bot and all workers share one answer."""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, cast

from redis import Redis

from bot.adapters import keys
from bot.adapters.redis_client import translated

KEPT: Final = timedelta(seconds=300)
"""What is older is forgotten."""

_RESTING: Final = b"resting"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of one group.

    Attributes:
        members: their ids; None when nothing is known that is young enough.
        age: since Slack said so; None with members None.
        question: names the question that some process waits for at this moment; empty: none does.
        at: when this was read, by the server's clock.
    """

    members: frozenset[str] | None = None
    age: timedelta | None = None
    question: str = ""
    at: timedelta = timedelta()

    @property
    def said_at(self) -> timedelta | None:
        """When Slack said so, by the server's clock; None when nothing is known."""
        return None if self.age is None else self.at - self.age

    @property
    def asked(self) -> bool:
        """Some process waits for Slack's answer at this moment."""
        return bool(self.question)


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
            pipeline.time()
            *found, (seconds, micros) = pipeline.execute()
        at = timedelta(seconds=seconds, microseconds=micros)
        rows = zip(found[::3], found[1::3], found[2::3], strict=True)
        return {
            group: replace(_known(*row), at=at) for group, row in zip(groups, rows, strict=True)
        }

    def claim(self, group: str, at_most: timedelta) -> bool:
        """Return whether the caller is the one to ask Slack; nobody else is, for `at_most`."""
        with translated():
            took = self._redis.set(
                keys.group_asked(group), secrets.token_hex(8), nx=True, px=_milliseconds(at_most)
            )
        return bool(took)

    def keep(self, group: str, members: Iterable[str], *, unknown: bool = False) -> None:
        """Keep what Slack said, and let others ask again; `unknown`: that there is no such one."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.set(keys.group(group), json.dumps(sorted(members)), px=_milliseconds(KEPT))
            if unknown:
                pipeline.set(keys.group_unknown(group), b"1", px=_milliseconds(KEPT))
            else:
                pipeline.delete(keys.group_unknown(group))
            pipeline.delete(keys.group_asked(group))
            pipeline.execute()

    def unknown(self, groups: Iterable[str]) -> list[str]:
        """Return those of which Slack said, some minutes ago at most, that it does not know them.

        Sorted; nobody is asked.
        """
        named = sorted(set(groups))
        if not named:
            return []
        with translated():
            found = cast("list[bytes | None]", self._redis.mget(map(keys.group_unknown, named)))
        return [group for group, mark in zip(named, found, strict=True) if mark is not None]

    def rest(self, group: str, pause: timedelta) -> None:
        """Let nobody ask for a while: Slack did not answer, or wants a pause."""
        with translated():
            self._redis.set(keys.group_asked(group), _RESTING, px=_milliseconds(pause))


def _known(document: bytes | None, left: int, asked: bytes | None) -> Known:
    question = asked.decode() if asked and asked != _RESTING else ""
    if document is None or left < 0:  # without an expiry it is not ours
        return Known(question=question)
    members = frozenset(cast("list[str]", json.loads(document)))
    age = max(timedelta(), KEPT - timedelta(milliseconds=left))
    return Known(members=members, age=age, question=question)


def _milliseconds(duration: timedelta) -> int:
    return max(1, round(duration.total_seconds() * 1000))
