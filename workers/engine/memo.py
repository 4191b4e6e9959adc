"""What was made of the last answers: the steward asks twice a second, and little changes."""

import hashlib
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

T = TypeVar("T")
_FORGET_AFTER: Final = 60.0
"""Seconds after which a question that is asked no more is forgotten, with what was made of it."""


@dataclass(slots=True)
class _Known:
    digest: bytes
    value: Any
    asked_at: float


class Memo:
    """Keeps one value for each question, beside the digest of all that it was made of.

    What a question is about in detail (a list of ids, say) belongs to what the value is made of:
    then the answer about a longer list takes the place of that about the shorter one. There is no
    cap beside the minute: the questions themselves must be few, and none named after an id.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._known: dict[Hashable, _Known] = {}

    def made(self, question: Hashable, parts: Sequence[bytes], make: Callable[[], T]) -> T:
        """Return what `make` makes of the parts, the same object as last time if they are equal.

        Whoever gets it must not change it.
        """
        self._forget_old()
        digest = _digest(parts)
        known = self._taken(question, digest) or _Known(digest, make(), 0)
        known.asked_at = self._now()
        self._known[question] = known
        found: T = known.value
        return found

    def _taken(self, question: Hashable, digest: bytes) -> _Known | None:
        """Take it out even if it serves no more: it need not be held while the next is made."""
        known = self._known.pop(question, None)
        return known if known is not None and known.digest == digest else None

    def _forget_old(self) -> None:
        since = self._now() - _FORGET_AFTER
        for old in [question for question, known in self._known.items() if known.asked_at < since]:
            del self._known[old]


def _digest(parts: Sequence[bytes]) -> bytes:
    digest = hashlib.blake2b()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
