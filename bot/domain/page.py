"""A long list, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
ROWS = 20
"""Rows of a page: more than a screen of them nobody reads in a channel."""

MOST_PAGES = 10
"""A list of more pages than these is a file: nobody clicks that often."""

PREFIX = "waggle.page."
"""What the action ids of the buttons begin with."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for, to ask for the next page of it.

    Attributes:
        line: the understood line without its page.
        page: from 1; one past the end is the last one.
    """

    line: str = ""
    page: int = 1


@dataclass(frozen=True, kw_only=True)
class Page:
    """Where in a list somebody is: rows `first` to `last` of `total`, counted from 1."""

    number: int
    pages: int
    first: int
    last: int
    total: int

    def of(self, rows: Sequence[T]) -> Sequence[T]:
        """Return this page's part of all the rows."""
        return rows[self.first - 1 : self.last]


def page_of(total: int, asked: int) -> Page | None:
    """Return the page that is asked for; None where there are no pages: too few rows, or too many.

    Args:
        total: rows in all.
        asked: the page's number, from 1.
    """
    pages = -(-total // ROWS)
    if not 1 < pages <= MOST_PAGES:
        return None
    number = min(max(asked, 1), pages)
    first = (number - 1) * ROWS + 1
    return Page(
        number=number, pages=pages, first=first, last=min(number * ROWS, total), total=total
    )
