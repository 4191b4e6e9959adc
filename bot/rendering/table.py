"""Aligned columns for a code block."""

from collections.abc import Sequence
from unicodedata import east_asian_width

from bot.rendering.cut import cut_line
from bot.rendering.escape import clean

_WIDEST_CELL = 80


def table(
    head: Sequence[str], rows: Sequence[Sequence[object]], widest: int | None = None
) -> list[str]:
    """Return raw lines, the head first; columns that are empty in every row are left out.

    Args:
        head: names of the columns.
        rows: a value a column.
        widest: characters that a cell may have before it is cut; None: as many as do well in a
            channel.
    """
    most = _WIDEST_CELL if widest is None else widest
    cells = [[_cell(value, most) for value in row] for row in rows]
    used = [n for n in range(len(head)) if not cells or any(row[n] for row in cells)]
    grid = [[line[n] for n in used] for line in [list(head), *cells]]
    widths = [max(_width(line[n]) for line in grid) for n in range(len(used))]
    return [_aligned(line, widths) for line in grid]


def _cell(value: object, widest: int) -> str:
    # what a cell is indented by is meant; all other runs of spaces are not
    text = clean(value)
    indent = text[: len(text) - len(text.lstrip(" "))]
    return indent + cut_line(" ".join(text.split()), widest)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True))
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Wide characters take two cells in Slack's fixed-width font."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
