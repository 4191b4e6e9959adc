"""Finding text in lines."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.finding import is_found


@pytest.mark.parametrize(
    ("pattern", "line", "found"),
    [
        ("error", "an ERROR here", True),
        ("error", "all is well", False),
        ("time*out", "time is running out", True),
        ("out*time", "time is running out", False),
        ("aa*a", "aa", False),
        ("a.c", "abc", False),
        ("(a+)+$", "aaaa", False),
        ("*x*", "axb", True),
        ("straße", "STRASSE", True),
    ],
)
def test_fixed_text_and_stars(pattern: str, line: str, *, found: bool) -> None:
    assert is_found(pattern, line) is found


@given(st.text("ab*.", max_size=6), st.text("ab.", max_size=12))
def test_it_finds_what_a_regular_expression_would(pattern: str, line: str) -> None:
    same = re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
    assert is_found(pattern, line) is bool(same.search(line))
