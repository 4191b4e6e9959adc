"""The log's head as a channel is told it: one row of the outbox a day, whoever writes it."""

from datetime import datetime

_ROW = "audit-head-"


def head_day(at: datetime) -> str:
    """Return the day (UTC) that a moment is in, as the message names it."""
    return f"{at:%Y-%m-%d}"


def head_row(at: datetime) -> str:
    """Return the outbox id of that day's message."""
    return f"{_ROW}{head_day(at)}"


def is_head(row: str) -> bool:
    """Return whether an outbox id is one of those."""
    return row.startswith(_ROW)
