"""A spec, told field by field in the reader's words.

`Fields` collects what is said. A rule takes what it tells out of its own copy of the spec, so that
whatever no rule knows is left over, and is told by its dotted path: nothing is omitted silently.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from bot.domain.jsontypes import JsonObject, Spec

HIDDEN = "\u2022\u2022\u2022\u2022"


@dataclass(frozen=True)
class Field:
    """What one field says.

    Attributes:
        text: as it may be shown.
        raw: what is compared; may be a secret, and never leaves this package.
    """

    text: str
    raw: str


class Fields:
    """The fields of one spec by path, and the part of the spec that nobody has told yet."""

    def __init__(self, spec: Spec) -> None:
        self.rest: JsonObject = deepcopy(spec)
        self.told: dict[str, Field] = {}

    def say(self, path: str, text: str, raw: str | None = None) -> None:
        """Tell a field; a second value for the same path is added to the first."""
        before = self.told.get(path)
        new = Field(text, text if raw is None else raw)
        if before is not None:
            new = Field(f"{before.text}, {new.text}", f"{before.raw}, {new.raw}")
        self.told[path] = new

    def hide(self, path: str, raw: str) -> None:
        """Tell a field whose value stays hidden."""
        self.say(path, HIDDEN, raw)

    def take(self, path: str) -> Any:
        """Take the value at a dotted path out of the rest; None if there is none."""
        *parents, last = path.split(".")
        here: Any = self.rest
        for key in parents:
            here = here.get(key) if isinstance(here, dict) else None
        return here.pop(last, None) if isinstance(here, dict) else None

    def tell(self, source: str, path: str, show: Callable[[Any], str]) -> None:
        """Take the value at `source` and tell it as `path`."""
        value = self.take(source)
        if value is not None and value not in ([], {}):
            self.say(path, show(value))
