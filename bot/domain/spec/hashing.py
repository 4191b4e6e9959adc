"""Comparing specs: by hash for "has it moved", loosely for "is it what we posted".

Our own records live in service labels that start with `waggle.`; neither comparison sees them.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping

from bot.domain.jsontypes import JsonValue, Spec

PREFIX = "waggle."


def without_waggle_labels(spec: Spec) -> Spec:
    """A copy without our service labels; labels that are then empty are absent."""
    plain = copy.deepcopy(spec)
    kept = {k: v for k, v in (plain.get("Labels") or {}).items() if not k.startswith(PREFIX)}
    plain.pop("Labels", None)
    if kept:
        plain["Labels"] = kept
    return plain


def with_waggle_labels(spec: Spec, labels: Mapping[str, str]) -> Spec:
    """A copy that carries exactly these of our labels beside the service's own.

    Raises:
        ValueError: a label that is not ours.
    """
    strange = [key for key in labels if not key.startswith(PREFIX)]
    if strange:
        raise ValueError(f"not a label of ours: {strange[0]}")
    marked = without_waggle_labels(spec)
    marked["Labels"] = {**marked.get("Labels", {}), **labels}
    return marked


def spec_hash(spec: Spec) -> str:
    """The SHA-256 of the spec's canonical JSON, our labels left out; 64 hexadecimal digits."""
    text = json.dumps(
        without_waggle_labels(spec), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def loosely_equal(a: Spec, b: Spec) -> bool:
    """Whether two specs differ at most in what Go leaves out (null, "", 0, false, [], {}).

    `Mode` is compared as it is: there, an empty object says which mode it is.
    """
    same: bool = _pruned_spec(a) == _pruned_spec(b)
    return same


def _pruned_spec(spec: Spec) -> JsonValue:
    plain = without_waggle_labels(spec)
    mode = plain.pop("Mode", None)
    return _pruned(plain), mode


def _pruned(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        pruned = {key: _pruned(item) for key, item in value.items()}
        return {key: item for key, item in pruned.items() if item}
    if isinstance(value, list):
        return [_pruned(item) for item in value]
    return value
