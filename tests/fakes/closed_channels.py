"""The channels that cannot be posted to, in memory."""

from dataclasses import dataclass, field

from bot.ports import StoreUnavailableError


@dataclass
class FakeClosedChannels:
    """Implements `bot.ports.ClosedChannels`.

    Attributes:
        down: every call raises StoreUnavailableError.
    """

    known: dict[str, str] = field(default_factory=dict)
    down: bool = False

    def close(self, channel: str, code: str) -> None:
        self._answer()
        self.known[channel] = code

    def open(self, channel: str) -> None:
        self._answer()
        self.known.pop(channel, None)

    def closed(self) -> dict[str, str]:
        self._answer()
        return dict(sorted(self.known.items()))

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailableError("redis is away")
