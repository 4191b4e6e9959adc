"""Shortening that can be seen: never a silent cut, never half an entity or an open code block."""

import re

from bot.rendering.escape import FENCE

_BROKEN_TAIL = re.compile(r"(?:&[a-z]{0,3}|<[^<>\n]{0,80})$")
_MARK_ROOM = 60


def cut(text: str, limit: int, where: str = "") -> str:
    """Return at most `limit` characters; what is left out is counted in the last line.

    Args:
        text: already escaped.
        limit: in characters, as Slack counts them.
        where: words after the count, for instance `in the file`.
    """
    if len(text) <= limit:
        return text
    tail = f" {where}" if where else ""
    room = limit - _MARK_ROOM - len(tail)
    if room <= 0:
        return text[: max(limit - 1, 0)].rstrip("&") + "…" if limit > 0 else ""
    kept, mark = _by_lines(text, room)
    return _closed(_BROKEN_TAIL.sub("", kept)) + mark + tail


def cut_line(text: str, limit: int) -> str:
    """Return one raw line at most `limit` long, saying how many characters are left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… (+{len(text) - limit} characters)"


def _by_lines(text: str, room: int) -> tuple[str, str]:
    """Prefer whole lines, unless that would throw most of the room away."""
    at = text.rfind("\n", 0, room)
    if at < room // 2:
        return text[:room], f"\n… {_count(len(text) - room, 'more character')}"
    rest = text[at + 1 :].removesuffix(FENCE).rstrip("\n")
    return text[:at], f"\n… {_count(rest.count(chr(10)) + 1, 'more line')}"


def _closed(text: str) -> str:
    """Close a code block that the cut left open."""
    return f"{text}\n{FENCE}" if text.count(FENCE) % 2 else text


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
