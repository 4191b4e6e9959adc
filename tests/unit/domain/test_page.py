"""Which rows a page holds."""

import pytest

from bot.domain.page import MOST_PAGES, ROWS, page_of


@pytest.mark.parametrize("total", [0, 1, ROWS, ROWS * MOST_PAGES + 1])
def test_too_few_rows_have_no_pages_and_too_many_are_a_file(total: int) -> None:
    assert page_of(total, 1) is None


@pytest.mark.parametrize(
    ("asked", "number", "rows"),
    [(1, 1, (1, 20)), (2, 2, (21, 40)), (3, 3, (41, 41)), (99, 3, (41, 41)), (0, 1, (1, 20))],
)
def test_a_page_past_the_end_is_the_last_one(
    asked: int, number: int, rows: tuple[int, int]
) -> None:
    page = page_of(41, asked)
    assert page is not None
    assert (page.number, page.pages, (page.first, page.last)) == (number, 3, rows)
    assert list(page.of(range(1, 42))) == list(range(rows[0], rows[1] + 1))


def test_all_pages_together_are_all_rows() -> None:
    rows = list(range(ROWS * MOST_PAGES))
    pages = [page_of(len(rows), number) for number in range(1, MOST_PAGES + 1)]
    assert [row for page in pages if page for row in page.of(rows)] == rows
