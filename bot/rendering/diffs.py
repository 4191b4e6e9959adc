"""A plan's changes: one headline, or line by line."""

from collections.abc import Callable, Sequence

from bot.domain.approval.note import SHOWN_VALUE
from bot.domain.grammar.tokens import HIDDEN
from bot.domain.plan import FieldChange
from bot.rendering.cut import cut_line
from bot.rendering.escape import clean, code, one_line
from bot.rendering.words import short

_FIRST = ("image", "replicas", "mode")
_IN_HEADLINE = 3
_SAY_NOTHING = frozenset({HIDDEN, "required", "attached", "runs there"})
"""Values that only say that the field is there."""

_USUAL = {
    "endpoint-mode": "vip",
    "force": "0",
    "init": "false",
    "isolation": "default",
    "rollback-failure-action": "pause",
    "rollback-max-failure-ratio": "0",
    "rollback-monitor": "5s",
    "rollback-order": "stop-first",
    "rollback-parallelism": "1",
    "runtime": "container",
    "update-failure-action": "pause",
    "update-max-failure-ratio": "0",
    "update-monitor": "5s",
    "update-order": "stop-first",
    "update-parallelism": "1",
}
"""What a new service has when nothing is said (docker CLI `service create`, SwarmKit defaults)."""


def diff_lines(changes: Sequence[FieldChange]) -> list[str]:
    """Return one raw line a field: `~ image: a → b`, `+ label x: 1`, `- publish 8080: 80/tcp`.

    Of a new service, the fields that are as always are named in one line: they tell nothing.
    """
    told = remarkable(changes)
    lines = [_line(change, _value) for change in told]
    usual = [" ".join(clean(change.path).split()) for change in changes if change not in told]
    return [*lines, f"+ as always: {', '.join(usual)}"] if usual else lines


def whole_lines(changes: Sequence[FieldChange]) -> list[str]:
    """Return one raw line a field with all of its values, and leave out none."""
    return [_line(change, _whole) for change in changes]


def remarkable(changes: Sequence[FieldChange]) -> list[FieldChange]:
    """Return the changes that are worth a line; all of them, unless a service is made."""
    made = any(change.path == "name" and change.old is None for change in changes)
    return [change for change in changes if not (made and _is_usual(change))]


def _is_usual(change: FieldChange) -> bool:
    if change.path.startswith("platform "):
        return True  # follows from the image
    return _USUAL.get(change.path) == change.new


def shortened(lines: Sequence[str], most: int, where: str) -> list[str]:
    """Return the first lines; what is left out is counted, and `where` says where it is."""
    if len(lines) <= most:
        return list(lines)
    kept = most - 1
    return [*lines[:kept], f"… {len(lines) - kept} more lines {where}"]


def headline(changes: Sequence[FieldChange]) -> str:
    """Return the change in one mrkdwn line, the image first: old → new."""
    ranked = sorted(_headlined(changes), key=_rank)
    parts = [_inline(change) for change in ranked[:_IN_HEADLINE]]
    if len(ranked) > _IN_HEADLINE:
        parts.append(f"and {len(ranked) - _IN_HEADLINE} more")
    return " · ".join(parts)


def _headlined(changes: Sequence[FieldChange]) -> list[FieldChange]:
    told = remarkable(changes)
    made = len(told) < len(changes)
    # its name stands in the title, and replicated is what a service is
    known = {("name", None), ("mode", "replicated")} if made else set()
    return [c for c in told if (c.path, None) not in known and (c.path, c.new) not in known]


def _rank(change: FieldChange) -> int:
    return _FIRST.index(change.path) if change.path in _FIRST else len(_FIRST)


def _inline(change: FieldChange) -> str:
    entry, _, name = change.path.partition(" ")
    if name:
        return _inline_entry(change, one_line(entry), code(name))
    path = one_line(change.path)
    value = _image if change.path == "image" else _value
    new = "removed" if change.new is None else code(value(change.new)) or "empty"
    if change.old is None:
        return f"{path} {new}"
    return f"{path} {code(value(change.old)) or 'empty'} → {new}"


def _inline_entry(change: FieldChange, entry: str, name: str) -> str:
    """Return one of many: a label, a port, a constraint; its value only where that is news."""
    if change.new is None:
        return f"{entry} {name} removed"
    if entry == "publish":  # the value has the name in it
        name = code(_value(change.new))
        return f"{entry} {code(_value(change.old))} → {name}" if change.old else f"{entry} {name}"
    told = {_value(change.old), _value(change.new)} - _SAY_NOTHING - {""}
    if not told:
        return f"{entry} {name} {'added' if change.old is None else 'changed'}"
    if change.old is None:
        return f"{entry} {name}: {code(_value(change.new)) or 'empty'}"
    old, new = (code(_value(value)) or "empty" for value in (change.old, change.new))
    return f"{entry} {name}: {old} → {new}"


def _image(value: str | None) -> str:
    """Return it without the registry's address, which the diff shows."""
    text = _value(value)
    host, slash, rest = text.partition("/")
    is_host = slash and ("." in host or ":" in host or host == "localhost")
    return rest if is_host else text


def _line(change: FieldChange, drawn: Callable[[str | None], str]) -> str:
    path = " ".join(clean(change.path).split())
    if change.old is None:
        return f"+ {path}: {drawn(change.new)}"
    if change.new is None:
        return f"- {path}: {drawn(change.old)}"
    return f"~ {path}: {drawn(change.old)} → {drawn(change.new)}"


def _whole(value: str | None) -> str:
    return clean(value or "").replace("\n", "\\n")


def _value(value: str | None) -> str:
    text = " ".join(clean(value or "").split())
    return cut_line(short(text), SHOWN_VALUE)
