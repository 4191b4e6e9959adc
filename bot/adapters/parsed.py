"""Records that were read before: parsed once while their documents stay the same.

The steward looks at hundreds of them twice a second, and few have changed. Records are immutable,
so what equal documents were read as serves again.
"""

import time
from collections.abc import Iterable
from typing import Any, Final

from bot.ports import Stored

_FORGET_AFTER: Final = 60.0
"""Seconds after which a shorter list replaces a longer one: what is over is not kept for ever."""

Mark = tuple[object, int]


class Parsed:
    """Remembers the records of the longest list that was lately asked for, by kind."""

    def __init__(self) -> None:
        self._lists: dict[type, tuple[float, dict[str, tuple[Mark, Stored[Any]]]]] = {}

    def find(self, kind: type, key: str, mark: Mark) -> Stored[Any] | None:
        """Return what was read of the same document, or None."""
        known = self._lists[kind][1].get(key) if kind in self._lists else None
        return known[1] if known is not None and known[0] == mark else None

    def keep(self, kind: type, found: Iterable[tuple[str, Mark, Stored[Any]]]) -> None:
        """Remember a list, unless a much longer one was asked for a moment ago."""
        now = time.monotonic()
        listed = {key: (mark, stored) for key, mark, stored in found}
        at, before = self._lists.get(kind, (now, {}))
        if len(listed) * 2 >= len(before) or now - at > _FORGET_AFTER:
            self._lists[kind] = (now, listed)


def mark_of(row: object) -> Mark | None:
    """Return what a row {rev, doc} of Redis is known by; None if it is no such row."""
    if not isinstance(row, list | tuple) or len(row) != 2 or row[1] is None:  # noqa: PLR2004
        return None
    return row[0], hash(row[1])
