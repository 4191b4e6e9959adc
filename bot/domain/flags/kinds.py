"""Kinds of flag values: how a typed text becomes the value that goes into a spec.

A kind's `parse` returns plain JSON (strings, numbers, lists, objects), so that a command can be
stored and read again without loss, and raises `BadValue` for what cannot be meant.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.domain import units
from bot.domain.jsontypes import JsonValue

SERVICE_NAME = re.compile(r"[a-zA-Z0-9](?:[-a-zA-Z0-9_]{0,61}[a-zA-Z0-9])?")
"""As the Engine checks the name of a new service (63 characters at most)."""

_IMAGE = re.compile(
    r"(?:(?:[a-zA-Z0-9.-]{1,253}|\[[0-9a-fA-F:]{2,45}\])(?::[0-9]{1,5})?/)?"
    r"[a-z0-9]++(?:(?:[._]|__|-++)[a-z0-9]++)*+(?:/[a-z0-9]++(?:(?:[._]|__|-++)[a-z0-9]++)*+)*+"
    r"(?P<tag>:[\w][\w.-]{0,127})?(?P<digest>@[a-z0-9]+:[0-9a-fA-F]{32,128})?",
    re.ASCII,
)
_CONSTRAINT = re.compile(r"[A-Za-z_][A-Za-z0-9\-_.]*+\s*(?:==|!=)\s*+(\S.*)", re.DOTALL)
MOST_REASON = 300
"""Characters: it is shown wherever the change is."""
_MIN_MEMORY = 4 * 1024**2
_KEY_VALUE = "write it as `key=value`"


class BadValue(ValueError):  # noqa: N818 - as BadFlagValue, its public face
    """A value that its kind refuses; `hint` says how to write it."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


@dataclass(frozen=True)
class Kind:
    """How one sort of value is read, and what help calls it."""

    metavar: str
    parse: Callable[[str], JsonValue]
    is_bool: bool = False


def parse_bool(text: str) -> bool:
    """`true` or `false` as Go reads them (1, t, T, TRUE, true, True; likewise false)."""
    words = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}
    if text.lower() not in words:
        raise BadValue("this is neither true nor false")
    return words[text.lower()]


def parse_count(text: str) -> int:
    """A whole number from 0. Leading zeros are refused: the docker CLI reads them as octal."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,19}", text) or int(text) > units.UINT64_MAX:
        raise BadValue("a whole number is needed", "For example `3`.")
    return int(text)


def parse_revision(text: str) -> int:
    """The number of a revision, from 1; `r3` is understood, too."""
    number = text[1:] if text[:1] in ("r", "R", "#") else text
    if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
        raise BadValue("this is not a revision number", "`history SERVICE` lists them.")
    return int(number)


def parse_tail(text: str) -> int:
    """A number of lines; `all` is -1."""
    return -1 if text.lower() == "all" else parse_count(text)


def _text(text: str) -> str:
    return text


def _needed(text: str) -> str:
    if not text.strip():
        raise BadValue("this cannot be empty")
    return text


def _reason(text: str) -> str:
    if len(text) > MOST_REASON:
        raise BadValue(
            f"it has {len(text)} characters; {MOST_REASON} is the most", "Say it in a sentence."
        )
    return _needed(text)


def _quantity(parse: Callable[[str], JsonValue], hint: str) -> Callable[[str], JsonValue]:
    def checked(text: str) -> JsonValue:
        try:
            return parse(text)
        except ValueError as error:
            raise BadValue(str(error), hint) from error

    return checked


def _not_negative(text: str) -> int:
    nanos = units.parse_duration_ns(text)
    if nanos < 0:
        raise ValueError("a duration cannot be negative")
    return nanos


def _a_second_or_more(text: str) -> int:
    nanos = units.parse_duration_ns(text)
    if nanos < units.NANOS_PER_SECOND:
        raise ValueError("a second is the least")
    return nanos


def _some_memory(text: str) -> int:
    amount = units.parse_memory(text)
    if 0 < amount < _MIN_MEMORY:
        raise ValueError("4m is the least that the Engine accepts")
    return amount


def choice(*words: str) -> Kind:
    """One of a few words, upper or lower case."""

    def parse(text: str) -> str:
        if text.lower() not in words:
            raise BadValue("this is not a choice", f"One of: {', '.join(words)}.")
        return text.lower()

    return Kind("|".join(words), parse)


def named(metavar: str) -> Kind:
    """Anything but nothing, for what is there already and has only to be found."""
    return Kind(metavar, _needed)


def _image(text: str) -> str:
    ref = re.sub("^https?://", "", text)  # Slack makes a link of anything with a dot in it
    if _IMAGE.fullmatch(ref):
        return ref
    hint = "Write it as `registry/name:tag`, for example `shop/web:2.4`."
    if _IMAGE.fullmatch(ref.lower()):
        raise BadValue("the name of an image is lower case", hint)
    raise BadValue("this is not the name of an image", hint)


def _name(text: str) -> str:
    if not SERVICE_NAME.fullmatch(text):
        raise BadValue(
            "a name has letters, digits, - and _ (63 at most), with a letter or digit at both ends"
        )
    return text


def _env(text: str) -> str:
    key, has_value, _ = text.partition("=")
    if not key:
        raise BadValue("an env variable needs a name", f"{_KEY_VALUE.capitalize()}.")
    if any(c.isspace() for c in key):
        raise BadValue("the name of an env variable has no blanks", f"{_KEY_VALUE.capitalize()}.")
    if not has_value:
        # The docker CLI would take the value from the shell it runs in; here there is none.
        raise BadValue("there is no value", f"Write `{key}=value`, or `{key}=` for an empty one.")
    return text


def _option(text: str) -> str:
    key, has_value, _ = text.partition("=")
    if not key:
        raise BadValue("an option needs a name", f"{_KEY_VALUE.capitalize()}.")
    if not has_value:
        raise BadValue("there is no value", f"Write `{key}=value`, or `{key}=` for an empty one.")
    return text


def _env_key(text: str) -> str:
    if not text or "=" in text:
        raise BadValue("only the name of the variable is wanted here")
    return text


def _label(text: str) -> str:
    key = text.partition("=")[0]
    if not key.strip() or any(c.isspace() for c in key.lstrip()):
        raise BadValue("a label needs a name without spaces", f"{_KEY_VALUE.capitalize()}.")
    return text


def _own_label(text: str) -> str:
    if text.startswith("waggle."):
        raise BadValue("labels that start with `waggle.` are Waggle's own records")
    return _label(text)


def _constraint(text: str) -> str:
    if not _CONSTRAINT.fullmatch(text):
        raise BadValue("a constraint needs == or !=", "For example `node.labels.env==prod`.")
    return text


def _preference(text: str) -> JsonValue:
    strategy, _, descriptor = text.partition("=")
    if strategy != "spread" or not descriptor:
        raise BadValue("only spread is known", "For example `spread=node.labels.zone`.")
    return {"Spread": {"SpreadDescriptor": descriptor}}


def _pair(text: str) -> str:
    if not text.partition("=")[0]:
        raise BadValue("the key is missing", f"{_KEY_VALUE.capitalize()}.")
    return text


def _subnets(text: str) -> list[str]:
    nets = text.split(",")
    for net in nets:
        try:
            ipaddress.ip_network(net, strict=False)
        except ValueError as error:
            raise BadValue("this is not a subnet", "For example `10.20.0.0/16`.") from error
        if "/" not in net:
            raise BadValue("the size of the subnet is missing", f"For example `{net}/24`.")
    return nets


def _addresses(text: str) -> list[str]:
    for address in text.split(","):
        try:
            ipaddress.ip_address(address)
        except ValueError as error:
            raise BadValue("this is not an IP address") from error
    return text.split(",")


def _driver(text: str) -> str:
    if text in ("bridge", "host", "none", "null"):
        raise BadValue("this driver makes networks of one node only", "Use `overlay`.")
    return _needed(text)


def _json_only(text: str) -> str:
    if text.lower() not in ("json", "{{json .}}"):
        raise BadValue("only json is known here", "Write `--format json`, or `--pretty`.")
    return "json"


_SINCE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]{4,18}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")


def _since(text: str) -> str:
    if not _SINCE.fullmatch(text):
        _quantity(_not_negative, "For example `10m` or `2026-11-23T14:00:00Z`.")(text)
    return text


def _signal(text: str) -> str:
    if not re.fullmatch(r"(?:SIG)?[A-Z][A-Z0-9+-]{1,14}|[0-9]{1,2}|", text.upper()):
        raise BadValue("this is not a signal", "For example `SIGTERM`.")
    return text


_SPAN = "Write it as 30s, 1m30s or 2h."
BOOL = Kind("", parse_bool, is_bool=True)
TEXT = Kind("TEXT", _text)
NEEDED = Kind("TEXT", _needed)
EVENTS = Kind("EVENTS", _needed)
REASON = Kind("TEXT", _reason)
NAME = Kind("NAME", _name)
COUNT = Kind("N", parse_count)
REVISION = Kind("REV", parse_revision)
TAIL = Kind("N", parse_tail)
SINCE = Kind("TIME", _since)
DURATION = Kind("DURATION", _quantity(_not_negative, _SPAN))
MEMORY = Kind("BYTES", _quantity(_some_memory, "Write it as 512m or 2g; 0 takes it away."))
CPUS = Kind("CPUS", _quantity(units.parse_cpus, "Write it as 0.5 or 2; 0 takes it away."))
RATIO = Kind("RATIO", _quantity(units.parse_ratio, "For example 0.1."))
IMAGE = Kind("IMAGE", _image)
ENV = Kind("KEY=VALUE", _env)
OPTION = Kind("KEY=VALUE", _option)
ENV_KEY = Kind("KEY", _env_key)
LABEL = Kind("KEY=VALUE", _label)
OWN_LABEL = Kind("KEY=VALUE", _own_label)
LABEL_KEY = Kind("KEY", _needed)
OWN_LABEL_KEY = Kind("KEY", _own_label)
CONSTRAINT = Kind("EXPR", _constraint)
PREFERENCE = Kind("spread=LABEL", _preference)
PAIR = Kind("KEY=VALUE", _pair)
SUBNET = Kind("CIDR", _subnets)
ADDRESS = Kind("IP", _addresses)
DRIVER = Kind("DRIVER", _driver)
DEADLINE = Kind("DURATION", _quantity(_a_second_or_more, _SPAN))
JSON_ONLY = Kind("json", _json_only)
SIGNAL = Kind("SIGNAL", _signal)
