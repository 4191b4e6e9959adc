"""Brings posted JSON into the shape that the Engine stores: known fields, of the right types."""

import copy
from collections.abc import Callable
from typing import Any

from playground.simulator.model.fields import FUTURE, Field, Struct, Version
from playground.simulator.model.refusals import RefusedError
from playground.simulator.model.state import Json


def shaped(posted: Any, struct: Struct, version: Version, path: str = "") -> Json:
    """Return what GET shows of `posted`.

    Raises:
        RefusedError: 400, a value has the wrong type.
    """
    if not isinstance(posted, dict):
        raise _wrong(posted, path, struct.name or "object")
    out: Json = {}
    if version >= FUTURE:
        strange = set(posted) - set(struct.fields)
        out |= {name: copy.deepcopy(posted[name]) for name in posted if name in strange}
    for name, rule in struct.fields.items():
        if rule.since > version:
            continue
        here = f"{path}.{name}" if path else name
        value = (
            _object(posted.get(name), rule, version, here)
            if isinstance(rule, Struct)
            else _scalar(posted.get(name), rule, here)
        )
        if value is not None:
            out[name] = None if value == "null" else value
    return out


def _object(value: Any, struct: Struct, version: Version, path: str) -> Any:
    if value is None:
        return None
    if not struct.many:
        return shaped(value, struct, version, path)
    if not isinstance(value, list):
        raise _wrong(value, path, "list")
    return [shaped(one, struct, version, path) for one in value] or None


def _scalar(value: Any, rule: Field, path: str) -> Any:
    if value is None:
        return copy.copy(rule.default)
    if not _CHECKS[rule.kind](value):
        raise _wrong(value, path, _GO.get(rule.kind, rule.kind))
    if value or rule.pointer:
        return copy.deepcopy(value)
    return copy.copy(rule.default)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "int": _whole,
    "uint": lambda value: _whole(value) and value >= 0,
    "float": lambda value: _whole(value) or isinstance(value, float),
    "bool": lambda value: isinstance(value, bool),
    "strings": lambda value: isinstance(value, list) and all(isinstance(v, str) for v in value),
    "map": lambda value: (
        isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
    ),
    "any": lambda _value: True,
}
_GO = {"int": "int64", "uint": "uint64", "float": "float32", "strings": "[]string"}
_GO |= {"map": "map[string]string"}


def _wrong(value: Any, path: str, wanted: str) -> RefusedError:
    kinds = {bool: "bool", str: "string", list: "array", dict: "object"}
    got = kinds.get(type(value), "number")
    if got == "number" and _whole(value) and value < 0:
        got = f"number {value}"
    words = f"json: cannot unmarshal {got} into Go struct field {path} of type {wanted}"
    return RefusedError(400, words)
