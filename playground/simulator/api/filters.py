"""The `filters` parameter: which are known, and what they let through."""

import json
from collections.abc import Iterable, Mapping, Sequence

from playground.simulator.model.refusals import RefusedError

Filters = Mapping[str, list[str]]


def filters_of(text: str, known: Iterable[str] | None = None) -> Filters:
    """Return name → values; both JSON forms of the API are read.

    Raises:
        RefusedError: 400, it is no such JSON, or not among `known` (None: all are).
    """
    if not text:
        return {}
    try:
        raw = json.loads(text)
    except ValueError as error:
        first = text[:1]
        words = f"invalid character '{first}' looking for beginning of value"
        raise RefusedError(400, words) from error
    if not isinstance(raw, dict):
        raise RefusedError(400, "invalid filter")
    found = {name: _values(values) for name, values in raw.items()}
    strange = next((name for name in found if known is not None and name not in known), None)
    if strange is not None:
        raise RefusedError(400, f"Invalid filter '{strange}'")
    return found


def _values(values: object) -> list[str]:
    if isinstance(values, dict):
        return [str(value) for value, on in values.items() if on]
    return [str(value) for value in values] if isinstance(values, list) else []


def has_labels(labels: Mapping[str, str], wanted: Sequence[str]) -> bool:
    """Return whether every wanted `key` or `key=value` is there."""
    for text in wanted:
        key, equals, value = text.partition("=")
        if key not in labels or (equals and labels[key] != value):
            return False
    return True


def begins(text: str, prefixes: Sequence[str]) -> bool:
    """Return whether one of the prefixes fits; none given: yes."""
    return not prefixes or text.startswith(tuple(prefixes))
