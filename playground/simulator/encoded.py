"""Lists as bytes: what did not change since the last look is not written down again."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from playground.simulator.model.state import Json

_SPARE = 5_000


def encode(value: Any) -> bytes:
    """Return compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def listed(parts: Iterable[bytes]) -> bytes:
    """Return a JSON list of encoded objects."""
    return b"[" + b",".join(parts) + b"]\n"


def spliced(encoded: bytes, name: str, value: bytes) -> bytes:
    """Return an encoded object with one more field."""
    return encoded[:-1] + b',"' + name.encode() + b'":' + value + b"}"


class Memory:
    """Encodings by id and version; forgets all when it has far more than there is."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, bytes]] = {}
        self._shared: dict[int, tuple[Json, bytes]] = {}

    def of(self, ref: str, version: int, make: Callable[[], bytes]) -> bytes:
        """Return the encoding of a version of something, made if it is new."""
        known = self._known.get(ref)
        if known is not None and known[0] == version:
            return known[1]
        if len(self._known) > 10 * _SPARE:
            self._known.clear()
        made = make()
        self._known[ref] = (version, made)
        return made

    def shared(self, value: Json, make: Callable[[], Json]) -> bytes:
        """Return the encoding of what many objects share: looked up by identity."""
        known = self._shared.get(id(value))
        if known is not None:
            return known[1]
        if len(self._shared) > _SPARE:
            self._shared.clear()
        made = encode(make())
        self._shared[id(value)] = (value, made)  # kept, so that its identity stays its own
        return made
