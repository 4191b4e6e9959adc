from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.policy import fits
from config.policy_model import Grant, Match
from config.policy_reach import covers, is_granted_by, pattern_covers


def match(**said: Any) -> Match:
    return Match.model_validate(said)


def grant(**said: Any) -> Grant:
    return Grant.model_validate({"role": "ops", "may": ["update"], **said})


PATTERNS = st.text("ab*?", max_size=5)


@given(PATTERNS, PATTERNS, st.text("abc", max_size=6))
def test_a_pattern_that_covers_another_fits_all_that_it_fits(w: str, n: str, name: str) -> None:
    if pattern_covers(w, n) and fits(name, [n]):
        assert fits(name, [w])


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("*", "web", True),
        ("*", "web*", True),
        ("web*", "web-?", True),
        ("web", "web", True),
        ("w?b", "w?b", True),
        ("w?b", "w*b", False),
        ("web-?", "web*", False),
        ("web", "*", False),
        ("web.x", "webax", False),
    ],
)
def test_patterns(wide: str, narrow: str, covered: bool) -> None:  # noqa: FBT001
    assert pattern_covers(wide, narrow) is covered


@pytest.mark.parametrize(
    ("first", "second", "covered"),
    [
        ({"service": "web*"}, {"service": "web-1"}, True),
        ({"service": "web*"}, {"service": "db"}, False),
        ({"service": "web*"}, {"node": "web-1"}, False),
        ({"cluster": "*"}, {"node": "n"}, True),
        ({"cluster": "eu"}, {"node": "n"}, False),
        ({"label": "env"}, {"label": "env=prod"}, True),
        ({"label": "env=*"}, {"label": "env"}, False),
        ({"label": "env=p*"}, {"label": "env=prod"}, True),
        ({"label": "env=prod"}, {"label": "tier=prod"}, False),
        ({"constraint": "node.labels.env == a"}, {"constraint": "node.labels.env==a"}, True),
        ({"constraint": "node.labels.env==a"}, {"constraint": "node.labels.env==b"}, False),
        ({"network": "p*"}, {"network": "prod"}, True),
        ({"any": [{"service": "a"}, {"service": "b"}]}, {"service": "b"}, True),
        ({"service": "b"}, {"any": [{"service": "a"}, {"service": "b"}]}, False),
        ({"all": [{"service": "a"}, {"cluster": "eu"}]}, {"service": "a"}, False),
        ({"service": "a"}, {"all": [{"service": "a"}, {"cluster": "eu"}]}, True),
        (
            {"all": [{"service": "a*"}, {"any": [{"cluster": "eu"}, {"cluster": "us"}]}]},
            {"all": [{"cluster": "us"}, {"service": "ab"}]},
            True,
        ),
    ],
)
def test_matches(first: dict[str, Any], second: dict[str, Any], covered: bool) -> None:  # noqa: FBT001
    assert covers(match(**first), match(**second)) is covered


def test_what_comes_apart_into_too_many_cases_is_not_looked_into() -> None:
    pairs = [{"any": [{"service": f"a{n}"}, {"service": f"b{n}"}]} for n in range(9)]
    huge = match(all=pairs)
    many = match(any=[{"service": f"a{n}"} for n in range(257)])
    for each in (huge, many, match(any=[{"all": pairs}])):
        assert not covers(each, each)
        assert not covers(match(cluster="*"), each)


@pytest.mark.parametrize(
    ("narrow", "wide", "granted"),
    [
        ({}, {}, True),
        ({"may": ["update", "read"]}, {}, False),
        ({"role": "admin"}, {}, False),
        ({"services": ["web-1"]}, {"services": ["web*", "db"]}, True),
        ({"services": ["web*"]}, {"services": ["web-1"]}, False),
        ({}, {"services": ["*"]}, False),
        ({"environments": ["prod"]}, {"environments": ["prod", "test"]}, True),
        ({"environments": ["prod"]}, {"environments": ["test"]}, False),
        ({}, {"environments": ["test"]}, False),
        ({"channels": ["C001"]}, {}, True),
        ({}, {"channels": ["C001"]}, False),
        ({}, {"clusters": ["eu"]}, False),
        ({"clusters": ["eu"]}, {"clusters": ["eu"]}, True),
    ],
)
def test_grants(narrow: dict[str, Any], wide: dict[str, Any], granted: bool) -> None:  # noqa: FBT001
    assert is_granted_by(grant(**narrow), grant(**wide)) is granted
