r"""A line, split into words as a shell would, without what a shell does besides.

No variables, no globs, no comments. Quotes: '...' is literal, "..." knows the escapes of `"` and
`\`. A back-tick outside quotes is formatting (people paste `code`) and is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.errors import UserError

HIDDEN = "\u2022\u2022\u2022\u2022"

_PIECE = re.compile(
    r"""(?P<space>(?:\s|\\\n)++)"""
    r"""|'(?P<single>[^']*+)'"""
    r'''|"(?P<double>(?:[^"\\]|\\.)*+)"'''
    r"""|\\(?P<escaped>.)"""
    r"""|(?P<plain>[^\s'"\\`]++)"""
    r"""|(?P<tick>`++)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r'\\(["\\$`\n])')
_SAFE = re.compile(r"[\w@%+=:,./^{}\[\]<>!?*~\u2022-]+")


@dataclass(frozen=True)
class Token:
    """One word; `quoted` if any part of it stood in quotes or was escaped."""

    text: str
    quoted: bool = False


def tokenize(line: str) -> tuple[Token, ...]:
    """The words of a normalised line.

    Raises:
        UserError: a quote is not closed, or the line ends in a backslash.
    """
    return tuple(_words(line))


def _words(line: str) -> Iterator[Token]:
    parts: list[str] = []
    open_word = quoted = False
    for kind, text in _pieces(line):
        if kind == "space":
            if open_word:
                yield Token("".join(parts), quoted)
            parts, open_word, quoted = [], False, False
        elif kind != "tick":
            parts.append(text)
            open_word = True
            quoted = quoted or kind != "plain"
    if open_word:
        yield Token("".join(parts), quoted)


def _pieces(line: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(line):
        match = _PIECE.match(line, position)
        if match is None:
            raise _unfinished(line[position], position)
        kind = match.lastgroup or ""
        text = match[kind]
        yield kind, _ESCAPE.sub(r"\1", text) if kind == "double" else text
        position = match.end()


def _unfinished(char: str, position: int) -> UserError:
    # The position only: what follows an open quote may be the value of an env variable.
    if char == "\\":
        return UserError("The line ends in a backslash.", "Take it away, or write \\\\ for one.")
    name = "The double quote" if char == '"' else "The single quote (or apostrophe)"
    return UserError(
        f"{name} at position {position + 1} is not closed.",
        f"Close it with another {char} or put a text that has one into the other sort of quotes: "
        """--reason "it's time".""",
    )


def quote(text: str) -> str:
    """The word as it must be typed to be read as `text` again."""
    if _SAFE.fullmatch(text):
        return text
    if "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
