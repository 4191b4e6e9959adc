"""Time and chance."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time, aware UTC."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        ...


class Ids(Protocol):
    """Fresh ids: short, lower-case, easy to read aloud, safe in a job id and in a Slack value."""

    def new(self, prefix: str) -> str:
        """Return a new unique id such as `r-7k2mq9xw`."""
        ...
