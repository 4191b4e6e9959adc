"""The words of a policy file: ids, durations, cron lines, patterns. Each says how to write it.

Durations are Go's, as everywhere here. (`bot.domain.units` reads them, too; config is a leaf and
may not import it.)
"""

import difflib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, Final, Literal
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

Right = Literal[
    "read", "scale", "update", "rollback", "create", "remove",
    "node", "lock", "approve", "break_glass",
]  # fmt: skip
Changing = Literal["scale", "update", "rollback", "create", "remove", "node"]
Event = Literal[
    "requested", "approved", "rejected", "expired", "started", "paused", "stalled", "failed",
    "completed", "rolled_back", "aborted", "superseded",
]  # fmt: skip

_UNITS: Final[dict[str, int | Fraction]] = {
    "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000,
    "us": 1, "ns": Fraction(1, 1000),
}  # fmt: skip
_PART: Final = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ns|us|ms|s|m|h)"
_EXAMPLE: Final = "for instance 30m, 1h30m or 64h"
_LONGEST: Final = timedelta(days=366)
_CRON_FIELDS: Final = 5


def near(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` or nothing."""
    found = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {found[0]}?" if found else ""


def _id(pattern: str, what: str, how: str) -> Any:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is no id of a {what}; {how}")
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


UserId = Annotated[
    str,
    *_id(
        "[UW][A-Z0-9]{2,20}",
        "user (U… or W…)",
        "in Slack: the person's profile, ⋮, Copy member ID",
    ),
]
GroupId = Annotated[
    str,
    *_id(
        "S[A-Z0-9]{2,20}",
        "user group (S…)",
        "in Slack: People, User groups, the group's ⋮, Copy group ID",
    ),
]
ChannelId = Annotated[
    str,
    *_id(
        "[CG][A-Z0-9]{2,20}",
        "channel (C… or G…)",
        "in Slack: the channel's details, at the bottom of About",
    ),
]


def _duration(value: Any) -> Any:
    """Return the `timedelta` of a Go duration; what is no text is judged by the type."""
    if value in (0, "0") and value is not False:
        return timedelta()
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f"{value} has no unit; write a duration, {_EXAMPLE}")  # noqa: TRY004
    if not isinstance(value, str):
        raise ValueError(f"want a duration, {_EXAMPLE}")  # noqa: TRY004 - pydantic wants these
    if not re.fullmatch(f"(?:{_PART}){{1,8}}", value):
        days = re.fullmatch(r"([0-9]{1,3})(d|w)", value)
        unit = {"d": 24, "w": 168}
        hint = f"write {int(days[1]) * unit[days[2]]}h" if days else f"write it as {_EXAMPLE}"
        raise ValueError(f"{value!r} is no duration; {hint}")
    span = sum(Fraction(number) * _UNITS[unit] for number, unit in re.findall(_PART, value))
    if span > _LONGEST // timedelta(microseconds=1):
        raise ValueError(f"{value!r} is longer than a year")
    return timedelta(microseconds=int(span))


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise ValueError(f"want more than 0, {_EXAMPLE}")
    return value


_GO: Final = WithJsonSchema(
    {"type": "string", "pattern": r"^(0|([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+)$"}
)
Pause = Annotated[timedelta, BeforeValidator(_duration), _GO]
"""A duration that may be 0."""

Duration = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_positive), _GO]


def _cron(value: str) -> str:
    wrong = "" if len(value.split()) == _CRON_FIELDS else "wrong number of fields"
    try:
        CronSim(value, datetime(2024, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        wrong = wrong or str(error).lower()
    if wrong:
        raise ValueError(
            f"{value!r} is no cron line ({wrong}); write five fields: minute, hour, day of month, "
            "month, day of week, for instance `0 16 * * FRI`"
        )
    return value


Cron = Annotated[str, AfterValidator(_cron)]


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: str) -> str:
    if value not in _zones():
        hint = near(value, _zones()) or "; write it as Area/City, for instance Europe/Berlin"
        raise ValueError(f"{value!r} is no time zone{hint}")
    return value


Zone = Annotated[str, AfterValidator(_zone)]


def _pattern(value: str) -> str:
    if not value or any(each.isspace() for each in value):
        raise ValueError(f"{value!r} is no pattern; write a name, with * for anything: `web*`")
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]


def _label(value: str) -> str:
    """Return a rule about a label; what no label can ever be like is refused, not passed over."""
    key, _, wanted = value.partition("=")
    if not key.strip():
        raise ValueError(f"{value!r} names no label; write `key` or `key=value`")
    if set("*?") & set(key):
        raise ValueError(f"{value!r}: a pattern may stand for the value alone; write `key=value*`")
    if key.endswith("!") or wanted.startswith("="):
        raise ValueError(f"{value!r} compares as a constraint does; write a label as `key=value`")
    if key.split() != [key] or wanted != wanted.strip():
        raise ValueError(f"{value!r} has blanks that would count; write `key=value` without them")
    return value


Label = Annotated[str, AfterValidator(_label)]


def _constraint(value: str) -> str:
    if not re.fullmatch(r"[^=!]+(?:==|!=)[^=!]+", "".join(value.split())):
        raise ValueError(
            f"{value!r} is no constraint; write it as Docker does: `node.labels.env==prod`"
        )
    if set("*?") & set(value):
        raise ValueError(
            f"{value!r}: a constraint is compared as it stands, without * and ?; "
            "list several under `any`"
        )
    return value


Constraint = Annotated[str, AfterValidator(_constraint)]


def _repository(value: str) -> str:
    value = _pattern(value)
    if {":", "@"} & set(value.rpartition("/")[2]):
        raise ValueError(
            f"{value!r} has a tag or a digest; name registry and repository alone: "
            "`registry.example.com/*`"
        )
    return value


Repository = Annotated[str, AfterValidator(_repository)]


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", value):
        raise ValueError(
            f"{value!r} is no name; use letters, digits, - and _, beginning with a letter"
        )
    return value


Name = Annotated[str, AfterValidator(_name)]
