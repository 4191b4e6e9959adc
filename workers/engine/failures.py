"""The Engine's refusals as the port's errors.

What an answer means was measured on Engine 20.10; a status code alone does not tell: 500 stands
for a lost race, for a missing network and for a swarm without a leader alike.
"""

import re
from collections.abc import Iterable

from bot.domain.jsontypes import JsonObject
from bot.ports import (
    EngineError,
    EngineRefusedError,
    EngineUnavailableError,
    NotFoundError,
    OutOfSequenceError,
)

HIDDEN = "\u2022\u2022\u2022\u2022"
_LONGEST = 500
_NOT_FOUND = 404
_BAD_REQUEST = 400
_TOO_LONG = frozenset({414, 431})
_SERVER_ERROR = 500
_SHORTEST_SECRET = 4
_AWAY = re.compile(
    r"does not have a leader|deadline ?exceeded|code = Unavailable|code = Canceled"
    r"|context canceled|transport is closing|connection (error|refused|reset)|\bEOF\b"
    r"|raft|timed? ?out|not part of a swarm|storage is (closed|stopped)",
    re.IGNORECASE,
)


class TooLongError(EngineRefusedError):
    """The URL is longer than what stands before the Engine takes, or may be."""


def translated(status: int, words: str, kind: str, ref: str) -> EngineError:
    """Return the port's error for an answer with `status` >= 400."""
    words = words.strip()[:_LONGEST]
    if status == _NOT_FOUND:
        return NotFoundError(kind, ref)
    if status in _TOO_LONG:
        return TooLongError(words)
    if "update out of sequence" in words:
        return OutOfSequenceError(words)
    if status > _SERVER_ERROR and status != 501:  # noqa: PLR2004 - 501: not this mode, not ever
        return EngineUnavailableError(words)
    if status == _SERVER_ERROR and _AWAY.search(words):
        return EngineUnavailableError(words)
    return EngineRefusedError(words)


def translated_list(status: int, words: str, kind: str) -> EngineError:
    """Return the port's error for an answer to a call that may have many ids in its URL.

    HAProxy says 400 of a request that is longer than its buffer, as the Engine does of what it
    finds wrong: only asking for fewer tells the one from the other.
    """
    if status == _BAD_REQUEST:
        return TooLongError(words.strip()[:_LONGEST])
    return translated(status, words, kind, "")


def hidden(words: str, spec: JsonObject | None) -> str:
    """Return `words` without the values of the spec's env variables, the longest first."""
    if not words:  # of most tasks nothing is said
        return words
    for value in sorted(_env_values(spec or {}), key=len, reverse=True):
        words = words.replace(value, HIDDEN)
    return words


def _env_values(spec: JsonObject) -> Iterable[str]:
    container = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    for entry in container.get("Env") or []:
        name, _, value = str(entry).partition("=")
        if len(value) >= _SHORTEST_SECRET:
            yield value
        elif value:
            yield f"{name}={value}"
