"""Two specs side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.domain.diff import limits, lists, scalars
from bot.domain.diff.empties import empties
from bot.domain.diff.fields import Field, Fields
from bot.domain.diff.order import orders
from bot.domain.images import short
from bot.domain.jsontypes import Spec
from bot.domain.plan import FieldChange

_MAY_BE_SECRET = re.compile(r"env|pass|secret|token|credential|auth|key|option", re.IGNORECASE)


def diff(
    old: Spec | None, new: Spec, network_names: Mapping[str, str] | None = None
) -> tuple[FieldChange, ...]:
    """What changes from `old` to `new`; from nothing (a create) every field is new.

    Our own labels (`waggle.`) do not count. What no rule knows is named by its dotted path.

    Args:
        old: the live spec, None for a create.
        new: the desired spec.
        network_names: network id → name; an unknown one is shown by its id.
    """
    names = network_names or {}
    before = _told(old, names) if old is not None else {}
    after = _told(new, names)
    paths = dict.fromkeys([*after, *before])
    changes = [_change(path, before.get(path), after.get(path)) for path in paths]
    if old is not None:
        changes.extend(orders(old, new, names))
        changes.extend(empties(old, new))
    return tuple(change for change in changes if change is not None)


def _told(spec: Spec, names: Mapping[str, str]) -> dict[str, Field]:
    fields = Fields(spec)
    scalars.first_things(fields)
    lists.environment(fields)
    lists.labels(fields)
    lists.ports(fields)
    lists.networks(fields, names)
    lists.placement(fields)
    lists.mounts(fields)
    limits.credential_spec(fields)
    lists.secrets_and_configs(fields)
    limits.limits(fields)
    scalars.container_things(fields)
    scalars.other_things(fields)
    lists.logging(fields)
    for path, value in _leaves(fields.rest, ""):
        _tell_unknown(fields, path, value)
    return fields.told


def _tell_unknown(fields: Fields, path: str, value: Any) -> None:
    if _MAY_BE_SECRET.search(path):
        fields.hide(path, scalars.plain(value))
    else:
        fields.say(path, scalars.plain(value))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _leaves(item, f"{path}[{place}]")
    elif value is not None:
        yield path, value


def _change(path: str, old: Field | None, new: Field | None) -> FieldChange | None:
    if old is None or new is None:
        gone, come = (None if field is None else field.text for field in (old, new))
        return FieldChange(path=path, old=gone, new=come)
    if old.raw == new.raw:
        return None
    before, after = old.text, new.text
    if before == after:  # the difference is in what is not shown
        if path == "image":
            before, after = short(old.raw), short(new.raw)
        else:
            after = f"{after} (changed)"
    return FieldChange(path=path, old=before, new=after)
