"""`key=value,key=value`: the long form of --publish, --mount and --network."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from bot.domain.flags.kinds import BadValue


def csv_fields(text: str, *, lower: bool = True) -> Iterator[tuple[str, str, bool]]:
    """Yield key (lower case unless `lower` is false), value, and whether there was a `=`.

    Raises:
        BadValue: quotes do not close, or nothing is there.
    """
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise BadValue(
            "the commas or quotes cannot be read", "Write `key=value,key=value`."
        ) from error
    if len(rows) != 1 or not rows[0]:
        raise BadValue("this is empty")
    for field in rows[0]:
        key, has_value, value = field.partition("=")
        yield key.strip().lower() if lower else key, value, bool(has_value)
