"""Records that are there and cannot be read: told once in the log, listed for /readyz.

By their keys alone: what stands in them may be anything, and is shown nowhere.
"""

import logging
import time
from typing import Any, Final, cast

from redis import Redis

from bot.adapters import keys
from bot.adapters.records import KINDS, from_json
from bot.adapters.redis_client import translated
from bot.ports import Record, Stored, StoreUnavailableError

AGAIN_AFTER: Final = 60.0
"""Seconds after which this process remembers a record anew: it may have been mended, and broken."""

_BY_WORD: Final = {kind.word: record for record, kind in KINDS.items()}
_log = logging.getLogger(__name__)


class Unreadable:
    """Remembers them in Redis, for all processes. Safe to share between threads."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._noted: dict[str, float] = {}

    @property
    def count(self) -> int:
        """How many this process has met."""
        return len(self._noted)

    def note(self, key: str, why: str) -> None:
        """Remember a record; `why` is the class of the error, for its text may quote the record."""
        now = time.monotonic()
        if now - self._noted.get(key, -AGAIN_AFTER) < AGAIN_AFTER:
            return
        new = key not in self._noted
        self._noted[key] = now
        try:
            with translated():
                new = bool(self._redis.hsetnx(keys.UNREADABLE, key, why))
        except StoreUnavailableError:
            pass  # it can be read, yet not written to just now: told by each process, then
        if new:
            _log.error("record %s cannot be read (%s) and is set aside", key, why)

    def still(self) -> list[str]:
        """Return the keys of those that still cannot be read; the others are forgotten."""
        with translated():
            noted = sorted(cast("list[bytes]", self._redis.hkeys(keys.UNREADABLE)))
            pipeline = self._redis.pipeline(transaction=False)
            for key in noted:
                pipeline.hmget(key, ["rev", "doc"])
            rows = pipeline.execute(raise_on_error=False)
            broken = [key for key, row in zip(noted, rows, strict=True) if _is_broken(key, row)]
            mended = set(noted) - set(broken)
            if mended:
                self._redis.hdel(keys.UNREADABLE, *mended)
        return [key.decode() for key in broken]


def read(kind: type[Record], row: object) -> Stored[Any] | None:
    """Return the record in a row {rev, doc} of Redis, None when there is none.

    Raises:
        ValueError: it cannot be read; the text is the class of what went wrong.
    """
    if isinstance(row, Exception):  # Redis holds something else under that key
        raise ValueError(type(row).__name__)  # noqa: TRY004  as for all else that is wrong with it
    rev, doc = cast("tuple[bytes | None, bytes | None]", row)
    if rev is None and doc is None:
        return None
    try:
        return Stored(from_json(kind, doc or b""), int(rev or b""))
    except Exception as error:  # noqa: BLE001  whatever a damaged record makes the reading stumble on
        raise ValueError(type(error).__name__) from None


def _is_broken(key: bytes, row: object) -> bool:
    kind = _BY_WORD.get(key.decode().removeprefix(keys.PREFIX).partition(":")[0])
    if kind is None:  # of a newer version, which knows better
        return True
    try:
        read(kind, row)
    except ValueError:
        return True
    return False
