"""What is known of channels that cannot be posted to."""

from typing import Protocol


class ClosedChannels(Protocol):
    """Channels that Slack refused for what they should be told, until a post succeeds there.

    A hint for people (/readyz), never a decision: each message is tried all the same. All methods
    may raise StoreUnavailableError.
    """

    def close(self, channel: str, code: str) -> None:
        """Remember a channel with Slack's word for why, for some days after the last one."""
        ...

    def open(self, channel: str) -> None:
        """Forget it: a post succeeded."""
        ...

    def closed(self) -> dict[str, str]:
        """Return channel id → Slack's word."""
        ...
