"""Times as people say them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.domain.units import parse_duration

_DAYS = re.compile(r"([1-9][0-9]{0,4})d")


def moment_of(text: str, now: datetime) -> datetime:
    """Return the time that `7d`, `36h`, `10m` ago or an RFC 3339 time means.

    Raises:
        ValueError: it means none.
    """
    try:
        if days := _DAYS.fullmatch(text):
            return now - timedelta(days=int(days[1]))
        return now - parse_duration(text)
    except OverflowError as error:
        raise ValueError("this is too long ago") from error
    except ValueError:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo is not None else at.replace(tzinfo=now.tzinfo)
