"""Reading and writing a raw spec by dotted paths, with Go's idea of what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain.jsontypes import JsonObject, JsonValue, Spec


def branch(spec: Spec, path: str) -> JsonObject:
    """The object at a dotted path; made, with all above it, where it is absent or null."""
    node = spec
    for part in path.split(".") if path else ():
        if not isinstance(node.get(part), dict):
            node[part] = {}
        node = node[part]
    return node


def leaf(spec: Spec, path: str) -> JsonValue:
    """The value at a dotted path, or None; nothing is made."""
    node: Any = spec
    for part in path.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node


def put(spec: Spec, path: str, value: JsonValue, *, keep_zero: bool = False) -> None:
    """Set a value; a zero one (0, "", false, []) is left out, as Go's `omitempty` does.

    `keep_zero` is for the fields that are pointers in Go, where zero differs from absent.
    """
    parent, _, key = path.rpartition(".")
    node = branch(spec, parent)
    if value or keep_zero:
        node[key] = value
    else:
        node.pop(key, None)


@dataclass(frozen=True)
class Work:
    """One rule's share of an edit: all flags typed for one field of one spec.

    Attributes:
        spec: the spec being edited, in place (the caller made the copy).
        changes: (role, value) in the order in which they were typed.
        creating: the spec is of a new service: the docker CLI sorts and checks less then.
        networks, secrets, configs: names and their ids, as far as they are resolved.
    """

    spec: Spec
    path: str
    changes: tuple[tuple[str, JsonValue], ...]
    creating: bool = False
    networks: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)

    def values(self, role: str) -> list[JsonValue]:
        """All values with this role, in order."""
        return [value for name, value in self.changes if name == role]

    def put(self, value: JsonValue, *, keep_zero: bool = False) -> None:
        """Set the field of this work."""
        put(self.spec, self.path, value, keep_zero=keep_zero)

    def old(self) -> JsonValue:
        """The field's present value, or None."""
        return leaf(self.spec, self.path)
