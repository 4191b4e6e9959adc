"""Objects that are there and say nothing: to Swarm, another task spec all the same.

`--health-retries 0` on a service without a health check leaves `Healthcheck: {}`, and every task is
replaced. The person must see that, and the plan must not be called a plan of nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.domain.jsontypes import Spec
from bot.domain.plan import FieldChange

_EMPTY = "empty"
_OF_NO_WEIGHT = ("Labels", "TaskTemplate.Placement")
"""Whether these are absent or empty replaces no task; Waggle itself adds them to what it posts.

An empty object below Mode says which mode it is, and is told so.
"""


def empties(old: Spec, new: Spec) -> Iterator[FieldChange]:
    """What is an empty object in one of the two, and not there at all in the other."""
    for path, before, after in _apart(old, new, ""):
        if path in _OF_NO_WEIGHT or path.startswith("Mode."):
            continue
        if before is None and _is_hollow(after):
            yield FieldChange(path=path, old=None, new=_EMPTY)
        elif _is_hollow(before) and after is None:
            yield FieldChange(path=path, old=_EMPTY, new=None)


def _is_hollow(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_hollow(item) for item in value.values())


def _apart(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        yield path, old, new
        return
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key):
            yield from _apart(old.get(key), new.get(key), f"{path}.{key}" if path else key)
