"""Ids in a row: r-00000001, q-00000002, …"""

from itertools import count


class FakeIds:
    """Implements `bot.ports.Ids`."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers):08d}"
