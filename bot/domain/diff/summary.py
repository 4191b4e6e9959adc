"""A diff in a few words."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.diff.fields import HIDDEN
from bot.domain.plan import FieldChange

_MOST = 4
_LONGEST = 60
_SETTINGS_THAT_ARE_NAMES = ("constraint ", "placement-pref ", "platform ", "network ", "env ")


def summarize(changes: Iterable[FieldChange]) -> str:
    """`image httpd:v1 → httpd:v2, replicas 3 → 6`: at most four fields, then how many more."""
    told = [_words(change) for change in changes]
    if len(told) > _MOST:
        told = [*told[:_MOST], f"{len(told) - _MOST} more"]
    return ", ".join(told) or "no change"


def _words(change: FieldChange) -> str:
    if change.old is None:
        return f"+{change.path}" if _is_name(change) else f"{change.path} {_cut(change.new)}"
    if change.new is None:
        return f"\u2212{change.path}"
    if HIDDEN in change.new or _is_name(change):
        return f"{change.path} changed"
    return f"{change.path} {_cut(change.old)} \u2192 {_cut(change.new)}"


def _is_name(change: FieldChange) -> bool:
    return change.path.startswith(_SETTINGS_THAT_ARE_NAMES)


def _cut(text: str | None) -> str:
    text = text or ""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "\u2026"
