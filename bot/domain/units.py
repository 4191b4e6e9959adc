"""Quantities as the docker CLI writes them.

Durations are Go's (`1m30s`; a bare number has no unit and is refused), memory counts in 1024s,
CPUs are decimal or a fraction with at most nine decimals, ratios are single-precision floats.
The Engine keeps durations as nanoseconds, which `timedelta` cannot hold: the spec gets the integer.
"""

from __future__ import annotations

import re
import struct
from datetime import timedelta
from fractions import Fraction

NANOS_PER_SECOND = 1_000_000_000
INT64_MAX = 2**63 - 1
UINT64_MAX = 2**64 - 1

_UNIT_NANOS = {
    "h": 3600 * NANOS_PER_SECOND,
    "m": 60 * NANOS_PER_SECOND,
    "s": NANOS_PER_SECOND,
    "ms": 1_000_000,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ns": 1,
}
_PART = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h)"
_DURATION = re.compile(rf"([-+]?)((?:{_PART}){{1,12}})")
_PARTS = re.compile(r"([0-9.]+)([a-z\u00b5\u03bc]+)")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_MEMORY = re.compile(r"([0-9]{1,18}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}) ?(?:([kmgtp])(?:i?b)?|b)?")
_CPUS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,18})?|\.[0-9]{1,18}|[0-9]{1,9}/[1-9][0-9]{0,8}")
_RATIO = re.compile(r"[0-9]{1,9}(?:\.[0-9]{0,18})?|\.[0-9]{1,18}")
_MAX_TEXT = 64


def parse_duration_ns(text: str) -> int:
    """Nanoseconds of a Go duration such as `1m30s`, `100ms`, `1.5h` or `0`.

    Raises:
        ValueError: with the reason, in words.
    """
    if text == "0":
        return 0
    match = _DURATION.fullmatch(text) if len(text) <= _MAX_TEXT else None
    if match is None:
        raise ValueError(
            "a duration needs a unit" if _NUMBER.fullmatch(text) else "this is not a duration"
        )
    sign, parts = match.groups()
    total = sum(int(Fraction(n) * _UNIT_NANOS[unit]) for n, unit in _PARTS.findall(parts))
    if total > INT64_MAX:
        raise ValueError("this duration is too long (292 years at most)")
    return -total if sign == "-" else total


def parse_duration(text: str) -> timedelta:
    """The same as a `timedelta`, microseconds at best.

    Raises:
        ValueError: with the reason, in words.
    """
    return timedelta(microseconds=parse_duration_ns(text) // 1000)


def format_duration_ns(nanos: int) -> str:
    """The shortest Go duration: `1m30s`, `1h`, `1.5s`, `100ms`, `0s`."""
    if nanos < 0:
        return "-" + format_duration_ns(-nanos)
    if nanos < NANOS_PER_SECOND:
        return _below_a_second(nanos)
    seconds, rest = divmod(nanos, NANOS_PER_SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    text = f"{hours}h" if hours else ""
    text += f"{minutes}m" if minutes else ""
    return text + (f"{seconds}{fraction}s" if seconds or fraction else "")


def _below_a_second(nanos: int) -> str:
    for unit in ("ms", "us"):
        if nanos >= _UNIT_NANOS[unit]:
            whole, rest = divmod(nanos, _UNIT_NANOS[unit])
            digits = len(str(_UNIT_NANOS[unit])) - 1
            return f"{whole}" + (f".{rest:0{digits}d}".rstrip("0") if rest else "") + unit
    return f"{nanos}ns" if nanos else "0s"


def format_duration(span: timedelta) -> str:
    """The shortest Go duration of a `timedelta`."""
    return format_duration_ns(span // timedelta(microseconds=1) * 1000)


def parse_memory(text: str) -> int:
    """Bytes of `512m`, `1.5g`, `64MiB`, `1024` (suffixes count in 1024s, as the docker CLI does).

    Raises:
        ValueError: with the reason, in words.
    """
    match = _MEMORY.fullmatch(text.lower()) if len(text) <= _MAX_TEXT else None
    if match is None:
        raise ValueError("this is not an amount of memory")
    number, suffix = match.groups()
    power = "kmgtp".index(suffix) + 1 if suffix else 0
    amount = int(Fraction(number) * 1024**power)
    if amount > INT64_MAX:
        raise ValueError("this is more memory than can be counted")
    return amount


def format_memory(amount: int) -> str:
    """`512m`, `1g`, or the plain number of bytes when no unit fits evenly."""
    for power, suffix in ((4, "t"), (3, "g"), (2, "m"), (1, "k")):
        if amount and amount % 1024**power == 0:
            return f"{amount // 1024**power}{suffix}"
    return str(amount)


def parse_cpus(text: str) -> int:
    """Nano-CPUs of `0.5`, `2` or `1/2`.

    Raises:
        ValueError: with the reason, in words.
    """
    if not _CPUS.fullmatch(text):
        raise ValueError("this is not a number of CPUs")
    nanos = Fraction(text) * NANOS_PER_SECOND
    if nanos.denominator != 1:
        raise ValueError("this is too precise (nine decimals at most)")
    return int(nanos)


def format_cpus(nanos: int) -> str:
    """`0.5` of 500000000 nano-CPUs."""
    return f"{nanos / NANOS_PER_SECOND:.9f}".rstrip("0").rstrip(".")


def parse_ratio(text: str) -> float:
    """A failure ratio from 0 to 1, rounded to what the Engine's 32-bit float gives back.

    Raises:
        ValueError: with the reason, in words.
    """
    if not _RATIO.fullmatch(text):
        raise ValueError("this is not a ratio")
    value = float(text)
    if value > 1:
        raise ValueError("a failure ratio is between 0 and 1")
    if value in (0, 1):
        return int(value)  # Go writes no decimal point then, and a spec's hash sees the difference
    single = struct.pack("f", value)
    shortest = (float(f"{value:.{digits}g}") for digits in range(1, 10))
    return next((v for v in shortest if struct.pack("f", v) == single), value)
