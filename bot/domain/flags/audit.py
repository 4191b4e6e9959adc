"""Kinds of values that only `audit` has: a person, and a time some days ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from bot.domain.flags.kinds import BadValue, Kind
from bot.domain.moments import moment_of

_PERSON = re.compile(r"<@([UW][A-Z0-9]{1,30})>|([UW][A-Z0-9]{1,30})")
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def _person(text: str) -> str:
    match = _PERSON.fullmatch(text)
    if match is None:
        raise BadValue(
            "this is not a person",
            "Type @ and choose the person from Slack's list, or write the member ID (U…).",
        )
    return match[1] or match[2]


def _ago(text: str) -> str:
    try:
        moment_of(text, _ANY_DAY)
    except ValueError as error:
        hint = "Write it as 7d, 36h or 2026-11-23."
        raise BadValue("this is neither a span nor a time", hint) from error
    return text


PERSON = Kind("@USER", _person)
AGO = Kind("TIME", _ago)
