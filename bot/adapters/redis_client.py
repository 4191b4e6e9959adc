"""The connection to Redis: bounded waits, and redis-py's errors as the port's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import (
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.retry import Retry

from bot.ports import StoreUnavailableError

ANSWER_WITHIN: Final = 1.0
"""Seconds to wait for an answer, or for a connection."""

RETRIES: Final = 6
"""Together about a second, in which an embedded server that was killed comes back.

redis-py's default is ten in up to ten seconds: longer than Slack waits for an ack.
"""

_NOT_NOW: Final = (
    ReadOnlyError,
    OutOfMemoryError,
    NoPermissionError,
    ClusterDownError,
    MasterDownError,
)
_NOT_NOW_WORDS: Final = ("MISCONF", "NOREPLICAS", "BUSY", "UNKILLABLE", "LOADING")
"""Error replies that speak of the server's state, not of a mistake of ours.

redis-py takes the first word off the text where it has a class for it.
"""


def connect(url: str) -> "Redis":
    """Return a client for `redis://`, `rediss://` or `unix://`; connects at the first command.

    A refused connection is given up after about a second; a server that swallows everything after
    some seven: who has a deadline must set it. Repeating is safe: `commit` knows its own
    repetition, all else may happen twice.
    """
    return Redis.from_url(
        url,
        socket_timeout=ANSWER_WITHIN,
        socket_connect_timeout=ANSWER_WITHIN,
        health_check_interval=15,
        retry=Retry(ExponentialWithJitterBackoff(base=0.04, cap=0.5), RETRIES),
    )


def is_wrong_type(error: Exception) -> bool:
    """Whether Redis says that a key holds something of another kind than what was asked of it."""
    return isinstance(error, ResponseError) and str(error).startswith("WRONGTYPE")


@contextmanager
def translated() -> Iterator[None]:
    """Turn redis-py's errors into StoreUnavailableError; a mistake of ours stays what it is."""
    try:
        yield
    except ResponseError as error:
        if isinstance(error, _NOT_NOW) or str(error).startswith(_NOT_NOW_WORDS):
            raise StoreUnavailableError(str(error)) from error
        raise
    except RedisError as error:
        raise StoreUnavailableError(str(error)) from error
