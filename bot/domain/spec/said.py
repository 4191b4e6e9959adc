"""What was typed for one service, for the rules that say what is not expected of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.flags.flag import Edit
from bot.domain.jsontypes import JsonValue, Spec
from bot.domain.spec.tree import leaf

MOST = 8
"""Lines: more would not fit into a message; who typed that much has made one mistake often."""
_LONGEST = 80
"""Characters of what was typed: whoever typed it knows it by its beginning."""

Suggest = Callable[[str, Sequence[str]], "str | None"]


@dataclass(frozen=True)
class Said:
    """What was typed for one service, and what it is now."""

    edits: Sequence[Edit]
    spec: Spec
    suggest: Suggest

    def values(self, *flags: str) -> list[JsonValue]:
        """The values of these flags, in order."""
        return [edit.value for edit in self.edits if edit.flag in flags]

    def old(self, path: str) -> JsonValue:
        """What stands at a dotted path of the spec now."""
        return leaf(self.spec, path)


def brief(text: str) -> str:
    """A typed text as it is quoted."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def listed(words: Sequence[str]) -> str:
    """Typed texts as they are quoted."""
    shown = ", ".join(f"`{brief(word)}`" for word in words[:MOST])
    return f"{shown}, …" if len(words) > MOST else shown
