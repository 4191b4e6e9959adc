"""What pydantic found, in words that say what to write instead."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.policy_model import schema
from config.policy_words import near
from config.yaml_tree import Node, Path, Problem

_WANT: Final = {
    "bool_type": "want true or false",
    "dict_type": "want a mapping, `name: …`",
    "float_type": "want a number",
    "int_type": "want a whole number",
    "int_from_float": "want a whole number",
    "model_type": "want a mapping, `key: value`",
    "string_type": "want text; put it in quotes",
    "tuple_type": "want a list, for instance [a, b], or one `- …` a line",
    "too_short": "nothing is listed; list something, or remove the key",
}
_BOUNDS: Final = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
    "too_long": ("no more than", "max_length"),
    "string_too_long": ("at most so many characters:", "max_length"),
}


def problems_in(error: ValidationError, tree: Node) -> Iterator[Problem]:
    """Yield one problem for each error, with where it stands."""
    found = error.errors(include_url=False)
    places = [_path(each) for each in found]
    for each, path in zip(found, places, strict=True):
        if each["type"] == "too_short" and each["input"]:
            continue  # its items are wrong, which is said of each of them
        is_key = each["type"] == "extra_forbidden" or "[key]" in each["loc"]
        yield Problem(tree.spot(path, key=is_key), _text(each, path))


def _path(error: ErrorDetails) -> Path:
    path = tuple(step for step in error["loc"] if step != "[key]")
    return path[:-1] if error["type"] == "missing" else path


def _text(error: ErrorDetails, path: Path) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "missing":
        return f"{error['loc'][-1]} is missing"
    if kind == "extra_forbidden":
        known = keys_at(path[:-1])
        hint = near(str(path[-1]), known) or f"; known are {', '.join(known)}"
        return f"unknown key {path[-1]}{hint}"
    if kind == "literal_error":
        return _literal(error["input"], context["expected"])
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"want {words} {context[bound]}"
    return _WANT.get(kind, error["msg"])


def _literal(value: Any, expected: str) -> str:
    known = re.findall(r"'([^']+)'", expected) or [expected]
    choice = f"want {known[0]}" if len(known) == 1 else f"want one of {', '.join(known)}"
    return f"{value!r} is unknown{near(str(value), known)} ({choice})"


def keys_at(path: Path) -> list[str]:
    """Return the keys that a mapping may have, as the schema says."""
    part: Mapping[str, Any] = _schema()
    for step in path:
        part = _followed(part)
        if isinstance(step, int):
            part = part["items"]
        else:
            part = part.get("properties", {}).get(step) or _of_any_key(part)
    return list(_followed(part).get("properties", {}))


def _of_any_key(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what stands under a name that people choose: a word of theirs, or an id by pattern."""
    found: Mapping[str, Any] = part.get("additionalProperties") or next(
        iter(part["patternProperties"].values())
    )
    return found


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    return schema()


def _followed(part: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = [each for each in part.get("anyOf", ()) if each.get("type") != "null"]
    if choices:
        return _followed(choices[0])
    if "$ref" in part:
        definition: Mapping[str, Any] = _schema()["$defs"][part["$ref"].rpartition("/")[2]]
        return definition
    return part
