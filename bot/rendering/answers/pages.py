"""A long answer a page at a time, with Next and Previous; what is longer still is a file.

Columns in a code block: Slack's own table block has not been seen to work in a message that only
one person sees, and every answer to a read is one (docs/adr/0011).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.domain.jsontypes import JsonObject
from bot.domain.message import Content
from bot.domain.page import PREFIX, Asked, Page, page_of
from bot.rendering import blocks
from bot.rendering.escape import one_line
from bot.rendering.longtext import fits, previewed, with_block
from bot.rendering.table import table

_NARROWER = (60, 40, 28)
_LABELS = {"previous": "Previous", "next": "Next"}


def page_in(total: int, asked: Asked) -> Page | None:
    """Return which page of so many rows is shown; None: there are no pages."""
    return page_of(total, asked.page) if asked.line else None


def with_pages(content: Content, page: Page | None, asked: Asked) -> Content:
    """Return the page with a line that says where in the list it is, and its buttons."""
    if page is None:
        return content
    told = (
        f"Page {page.number} of {page.pages}: {page.first} to {page.last} of {page.total}. "
        f"The same typed: add `--page N` to `{one_line(asked.line)}`"
    )
    return replace(
        content,
        text=f"{content.text}\n{told}",
        blocks=(*content.blocks, blocks.context([told]), blocks.actions(_buttons(page, asked))),
    )


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Columns of a list.

    Attributes:
        head: their names; one that is empty in every row is left out.
        rows: raw, all of them.
        widest: characters of a cell, if not those that a table usually has.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[object]]
    widest: int | None = None


Small = Callable[[slice], Sequence[str]]
"""Makes the small print (mrkdwn) of a part of the rows."""


def no_small_print(part: slice) -> Sequence[str]:
    """Return the small print of a list that has none."""
    del part
    return ()


def listed(
    top: str, grid: Grid, asked: Asked, file_name: str, small: Small = no_small_print
) -> Content:
    """Return rows as aligned columns below `top`: all of them, or the page that is asked for.

    Args:
        top: mrkdwn.
        grid: the rows.
        asked: which page, and of what.
        file_name: of the file that holds what does not fit.
        small: small print below: of the rows that are shown; the file has that of all.
    """
    page = page_in(len(grid.rows), asked)
    if page is not None and (lines := _fitting(grid, page)):
        of_page = small(slice(page.first - 1, page.last))
        return with_pages(with_block(top, lines, of_page, file_name), page, asked)
    lines = table(grid.head, grid.rows, grid.widest) if grid.rows else []
    every = small(slice(None))
    if fits(lines):
        return with_block(top, lines, every, file_name)
    of_first = small(slice(max(previewed(lines) - 1, 0)))  # the first line is the head
    return with_block(top, lines, of_first, file_name, filed=every)


def _fitting(grid: Grid, page: Page) -> list[str]:
    """Return a page's lines in one code block, cells cut where they must be; none: too wide."""
    for widest in (grid.widest, *_NARROWER):
        lines = table(grid.head, page.of(grid.rows), widest)
        if fits(lines):
            return lines
    return []


def _buttons(page: Page, asked: Asked) -> list[JsonObject]:
    ways = {"previous": page.number - 1, "next": page.number + 1}
    return [
        blocks.button(_LABELS[way], f"{PREFIX}{way}", f"{asked.line} --page {number}")
        for way, number in ways.items()
        if 1 <= number <= page.pages
    ]
