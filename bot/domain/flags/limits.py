"""Kinds of what a container may use: ulimits, sysctls, generic resources, capabilities, memory."""

from __future__ import annotations

import re

from bot.domain import units
from bot.domain.flags.kinds import BadValue, Kind
from bot.domain.jsontypes import JsonObject

ULIMITS = (
    "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc",
    "rss", "rtprio", "rttime", "sigpending", "stack",
)  # fmt: skip
"""What the docker CLI knows (docker/go-units)."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_NO_LIMIT = -1
_WORST_SCORE = 1000
_ULIMIT_HINT = "For example `nofile=1024:2048`, soft and hard; -1 is no limit."


def parse_ulimit(text: str) -> JsonObject:
    """The Engine's object of `name=soft[:hard]`; without a hard limit it is the soft one.

    Raises:
        BadValue: no such limit, no number, or the soft one is above the hard one.
    """
    name, has_value, limits = text.partition("=")
    if name not in ULIMITS:
        raise BadValue("this is not a limit", f"One of: {', '.join(ULIMITS)}. {_ULIMIT_HINT}")
    numbers = limits.split(":") if has_value else []
    if len(numbers) not in (1, 2):
        raise BadValue("a soft limit is needed, and at most a hard one", _ULIMIT_HINT)
    soft, hard = _integer(numbers[0]), _integer(numbers[-1])
    if hard != _NO_LIMIT and (soft == _NO_LIMIT or soft > hard):
        raise BadValue("the soft limit is above the hard one", _ULIMIT_HINT)
    return {"Name": name, "Hard": hard, "Soft": soft}


def _integer(text: str) -> int:
    number = int(text) if _INTEGER.fullmatch(text) else units.INT64_MAX + 1
    if abs(number) > units.INT64_MAX:
        raise BadValue("a limit is a whole number", _ULIMIT_HINT)
    return number


def parse_resource(text: str) -> JsonObject:
    """The Engine's object of `KIND=N`.

    Raises:
        BadValue: it is no number: named resources cannot be asked for by a service.
    """
    kind, has_value, amount = (part.strip() for part in text.partition("="))
    if not kind or not has_value or not re.fullmatch(r"\+?[0-9]{1,19}", amount):
        raise BadValue("a kind and a number are needed", "For example `GPU=2`.")
    if int(amount) > units.INT64_MAX:
        raise BadValue("this number is too large", "For example `GPU=2`.")
    return {"DiscreteResourceSpec": {"Kind": kind, "Value": int(amount)}}


def parse_capability(text: str) -> str:
    """`NET_ADMIN` and `cap_net_admin` are CAP_NET_ADMIN; ALL and RESET are words of their own."""
    word = text.strip().upper()
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,63}", word):
        raise BadValue("this is not a capability", "For example `NET_ADMIN`, or `ALL`.")
    return full_name(word)


def full_name(word: str) -> str:
    """The name of a capability as the docker CLI compares it, whether there is one or not."""
    word = word.strip().upper()
    return word if word in ("ALL", "RESET") or word.startswith("CAP_") else f"CAP_{word}"


def _sysctl(text: str) -> str:
    if not text.partition("=")[0].strip():
        raise BadValue("the key is missing", "For example `net.core.somaxconn=1024`.")
    return text


def _score(text: str) -> int:
    if not re.fullmatch(r"[+-]?(?:0|[1-9][0-9]{0,3})", text) or abs(int(text)) > _WORST_SCORE:
        raise BadValue("a whole number from -1000 to 1000 is needed")
    return int(text)


ULIMIT = Kind("NAME=SOFT[:HARD]", parse_ulimit)
RESOURCE = Kind("KIND=N", parse_resource)
CAPABILITY = Kind("CAP", parse_capability)
SYSCTL = Kind("KEY=VALUE", _sysctl)
SCORE = Kind("N", _score)
