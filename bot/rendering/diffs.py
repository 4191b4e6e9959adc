"""A plan's changes: one headline, or line by line."""

from collections.abc import Sequence

from bot.domain.plan import FieldChange
from bot.rendering.cut import cut_line
from bot.rendering.escape import clean, code, one_line
from bot.rendering.words import short

_FIRST = ("image", "replicas", "mode")
_IN_HEADLINE = 3
_LONGEST_VALUE = 300


def diff_lines(changes: Sequence[FieldChange]) -> list[str]:
    """Return one raw line a field: `~ image: a → b`, `+ label x: 1`, `- publish 8080: 80/tcp`."""
    return [_line(change) for change in changes]


def shortened(lines: Sequence[str], most: int, where: str) -> list[str]:
    """Return the first lines; what is left out is counted, and `where` says where it is."""
    if len(lines) <= most:
        return list(lines)
    kept = most - 1
    return [*lines[:kept], f"… {len(lines) - kept} more lines {where}"]


def headline(changes: Sequence[FieldChange]) -> str:
    """Return the change in one mrkdwn line, the image first: old → new."""
    ranked = sorted(changes, key=_rank)
    parts = [_inline(change) for change in ranked[:_IN_HEADLINE]]
    if len(ranked) > _IN_HEADLINE:
        parts.append(f"and {len(ranked) - _IN_HEADLINE} more")
    return " · ".join(parts)


def _rank(change: FieldChange) -> int:
    return _FIRST.index(change.path) if change.path in _FIRST else len(_FIRST)


def _inline(change: FieldChange) -> str:
    path = one_line(change.path)
    new = "removed" if change.new is None else code(_value(change.new)) or "empty"
    if change.old is None:
        return f"{path} {new}"
    return f"{path} {code(_value(change.old)) or 'empty'} → {new}"


def _line(change: FieldChange) -> str:
    path = " ".join(clean(change.path).split())
    if change.old is None:
        return f"+ {path}: {_value(change.new)}"
    if change.new is None:
        return f"- {path}: {_value(change.old)}"
    return f"~ {path}: {_value(change.old)} → {_value(change.new)}"


def _value(value: str | None) -> str:
    text = " ".join(clean(value or "").split())
    return cut_line(short(text), _LONGEST_VALUE)
