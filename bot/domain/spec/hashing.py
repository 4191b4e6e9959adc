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
_STRING_MAPS = ("Labels", "Options", "DriverOpts", "Sysctls")
_ECHOED = ("Isolation", "default")  # what the Engine answers if nothing was posted


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


def loose_hash(spec: Spec) -> str:
    """The same of its loose form: equal for what was posted and what the Engine echoed of it."""
    return spec_hash(loose_form(spec))


def loosely_equal(a: Spec, b: Spec) -> bool:
    """Whether two specs differ at most in what Go leaves out (null, "", 0, false, [], {}).

    For comparing what was posted with what the Engine echoes. `Mode` is compared as it is: there,
    an empty object says which mode it is. In maps of strings such as labels, "" is a value.
    """
    return loose_form(a) == loose_form(b)


def loose_form(spec: Spec) -> Spec:
    """The spec without what Go leaves out; equal for specs that are loosely equal."""
    plain = without_waggle_labels(spec)
    mode = plain.pop("Mode", None)
    loose: Spec = _pruned(plain)
    return {**loose, "Mode": mode} if mode is not None else loose


def _pruned(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_pruned(item) for item in value]
    if not isinstance(value, dict):
        return value
    pruned = {k: item if k in _STRING_MAPS else _pruned(item) for k, item in value.items()}
    return {k: item for k, item in pruned.items() if item and (k, item) != _ECHOED}
