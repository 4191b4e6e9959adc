"""The order in which files are begun."""

from pathlib import Path

import pytest

from tests.order import LONGEST, spread

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", LONGEST)
def test_what_is_begun_first_exists(name: str) -> None:
    assert (ROOT / name).is_file()


def test_small_files_run_evenly_between_great_ones() -> None:
    small, great = [f"s{n}" for n in range(7)], [f"g{n}" for n in range(3)]
    assert " ".join(spread(small, great)) == "s0 s1 g0 s2 s3 g1 s4 s5 g2 s6"


def test_more_of_them_run_where_the_great_ones_wait() -> None:
    small, great = [f"s{n}" for n in range(5)], ["tests/contract/a", "tests/chaos/b"]
    assert spread(small, great) == ["s0", great[0], *small[1:], great[1]]


def test_with_nothing_to_spread_they_come_as_they_are() -> None:
    assert spread([], ["a", "b"]) == ["a", "b"]
    assert spread(["a", "b"], []) == ["a", "b"]
