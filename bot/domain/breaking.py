"""Somebody has passed the rules by."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Breaking:
    """One breaking of the glass.

    Attributes:
        by: Slack user id.
        reason: why, in that person's words (third-party text: escape it).
        at: aware UTC.
    """

    by: str
    reason: str
    at: datetime
