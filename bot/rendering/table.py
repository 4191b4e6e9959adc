"""Aligned columns for a code block."""

from collections.abc import Sequence
from unicodedata import east_asian_width

from bot.rendering.cut import cut_line
from bot.rendering.escape import clean

_WIDEST_CELL = 80


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Return raw lines, the head first; columns that are empty in every row are left out."""
    cells = [[_cell(value) for value in row] for row in rows]
    used = [n for n in range(len(head)) if not cells or any(row[n] for row in cells)]
    grid = [[line[n] for n in used] for line in [list(head), *cells]]
    widths = [max(_width(line[n]) for line in grid) for n in range(len(used))]
    return [_aligned(line, widths) for line in grid]


def _cell(value: object) -> str:
    return cut_line(" ".join(clean(value).split()), _WIDEST_CELL)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True))
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Wide characters take two cells in Slack's fixed-width font."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
