"""Quantities as the docker CLI writes them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import units


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("0", 0),
        ("1m30s", 90 * 10**9),
        ("1.5h", 5400 * 10**9),
        ("100ms", 10**8),
        ("-2s", -2 * 10**9),
        ("1us", 1000),
        ("1\u00b5s", 1000),
        (".5s", 5 * 10**8),
        ("1h1ns", 3600 * 10**9 + 1),
    ],
)
def test_durations(text: str, nanos: int) -> None:
    assert units.parse_duration_ns(text) == nanos


@pytest.mark.parametrize("text", ["", "10", "1m30", "s", "1 s", "1d", "+", "9999999h", "1s" * 40])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration"):
        units.parse_duration_ns(text)


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_durations_round_trip(nanos: int) -> None:
    assert units.parse_duration_ns(units.format_duration_ns(nanos)) == nanos


def test_timedelta() -> None:
    assert units.parse_duration("1m30s") == timedelta(seconds=90)
    assert units.format_duration(timedelta(hours=1)) == "1h"
    assert units.format_duration(timedelta(0)) == "0s"
    assert units.format_duration(timedelta(milliseconds=1500)) == "1.5s"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("512m", 512 * 1024**2),
        ("1.5G", 1536 * 1024**2),
        ("64MiB", 64 * 1024**2),
        ("1 kb", 1024),
        ("7b", 7),
    ],
)
def test_memory(text: str, amount: int) -> None:
    assert units.parse_memory(text) == amount
    assert units.parse_memory(units.format_memory(amount)) == amount


@pytest.mark.parametrize("text", ["", "m", "-1m", "1x", "1mm", "9999999p", "1ib"])
def test_no_memory(text: str) -> None:
    with pytest.raises(ValueError, match="memory"):
        units.parse_memory(text)


def test_cpus() -> None:
    assert [units.parse_cpus(text) for text in ("0.5", "2", "1/2", ".25")] == [
        500_000_000, 2_000_000_000, 500_000_000, 250_000_000,
    ]  # fmt: skip
    assert units.format_cpus(500_000_000) == "0.5"
    with pytest.raises(ValueError, match="too precise"):
        units.parse_cpus("0.0000000001")
    with pytest.raises(ValueError, match="CPUs"):
        units.parse_cpus("1e9")


def test_ratio_is_what_a_32_bit_float_gives_back() -> None:
    assert units.parse_ratio("0.1") == 0.1
    assert units.parse_ratio("0.123456789") == 0.12345679
    assert isinstance(units.parse_ratio("0"), int)
    with pytest.raises(ValueError, match="between 0 and 1"):
        units.parse_ratio("1.1")
