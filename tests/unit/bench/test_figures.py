"""What is made of measured numbers."""

import re
from pathlib import Path

import pytest

from bench.figures import UNEXPLAINED, Table, aim, floor, median, percentile, shown

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "benchmarks.md"


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile([7], 0.99) == 7
    assert median([4, 1, 3, 2]) == 2
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 0.5)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.01234, "0.0123"), (1.234, "1.23"), (99.94, "99.9"), (1234.5, "1,234")],
)
def test_figures_have_the_digits_that_mean_something(value: float, text: str) -> None:
    assert shown(value) == text


def test_an_aim_that_is_missed_says_so_and_why() -> None:
    assert aim("p99", 1.5, 1.5, " s", why="slow") == "p99: 1.50 s, aim ≤ 1.50 s: met"
    missed = "p99: 1.60 s, aim ≤ 1.50 s: **missed**: slow"
    assert aim("p99", 1.6, 1.5, " s", why="slow") == missed
    assert floor("rate", 299, 300, why="slow") == "rate: 299, aim ≥ 300: **missed**: slow"
    assert floor("rate", 300, 300, why="slow").endswith("met")


def test_an_aim_that_is_missed_by_little_does_not_look_met() -> None:
    assert aim("p99", 1.001, 1, " s").startswith("p99: just over 1.00 s, aim ≤ 1.00 s: **missed**")
    assert floor("rate", 299.9, 300).startswith("rate: just under 300, aim ≥ 300: **missed**")
    assert aim("p99", 0.999, 1, " s").startswith("p99: 0.999 s")


def test_the_page_has_no_missed_aim_without_its_reason() -> None:
    assert aim("p99", 1.6, 1.5).endswith(f"**missed**: {UNEXPLAINED}")
    page = PAGE.read_text(encoding="utf-8")
    aims = [line for line in page.splitlines() if "**missed**" in line]
    assert len(aims) > 1
    assert [line for line in aims if not re.search(r"\*\*missed\*\*: \w", line)] == []
    assert UNEXPLAINED not in page


def test_a_table_names_the_command_that_makes_it() -> None:
    table = Table("ack", "Acks", "How.", ("what", "ms"), [("one", "1")], ["met"])
    assert table.markdown().splitlines() == [
        "## Acks", "How.", "", "`make bench ARGS=ack`", "",
        "| what | ms |", "| --- | --- |", "| one | 1 |", "", "- met",
    ]  # fmt: skip
