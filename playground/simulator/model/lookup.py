"""Names and ids, as the Engine resolves them."""

from collections.abc import Mapping
from typing import TypeVar

from playground.simulator.model.refusals import RefusedError, not_found

T = TypeVar("T")
_AMBIGUOUS = 400


def found(kind: str, ref: str, by_id: Mapping[str, T], names: Mapping[str, str]) -> T:
    """Return what has this id, this name, or an id that begins so and is the only one.

    Raises:
        RefusedError: 404 for none, 400 for several.
    """
    if ref in by_id:
        return by_id[ref]
    if ref in names:
        return by_id[names[ref]]
    begins = [one for one in by_id if ref and one.startswith(ref)]
    if len(begins) > 1:
        raise RefusedError(_AMBIGUOUS, f"{kind} {ref} is ambiguous ({len(begins)} matches found)")
    if not begins:
        raise not_found(f"{kind} {ref} not found")
    return by_id[begins[0]]
