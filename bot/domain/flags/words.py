"""`--args "sleep 1h"`: one text that holds a command line, split as the docker CLI splits it."""

from __future__ import annotations

import re

from bot.domain.flags.kinds import BadValue, Kind

# Inside double quotes a backslash escapes any character here, and # starts a comment at the start
# of a word: the CLI uses Google's shlex for these flags, which is not quite a shell's.
_PIECE = re.compile(
    r"(?P<space>\s++)|(?P<comment>(?<!\S)\#[^\n]*+)|'(?P<single>[^']*+)'"
    r'|"(?P<double>(?:[^"\\]|\\.)*+)"|\\(?P<escaped>.)|(?P<plain>[^\s\'"\\]++)',
    re.DOTALL,
)


def split_words(text: str) -> list[str]:
    """The words of a command line in one text; an empty text has none.

    Raises:
        BadValue: a quote is not closed.
    """
    words: list[str] = []
    current: str | None = None
    position = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None:
            raise BadValue("a quote or a backslash in it is not closed")
        kind = match.lastgroup or ""
        if kind in ("space", "comment"):
            words += [current] if current is not None else []
            current = None
        else:
            piece = (
                re.sub(r"\\(.)", r"\1", match[kind], flags=re.DOTALL)
                if kind == "double"
                else match[kind]
            )
            current = (current or "") + piece
        position = match.end()
    return [*words, current] if current is not None else words


WORDS = Kind("COMMAND", split_words)
