"""What a workspace has: people, user groups and channels, by their ids."""

from enum import StrEnum
from typing import NamedTuple, Protocol


class IdKind(StrEnum):
    """Of what an id is."""

    USER = "user"
    GROUP = "user group"
    CHANNEL = "channel"


class SlackId(NamedTuple):
    """An id."""

    kind: IdKind
    id: str


class Standing(StrEnum):
    """What Slack says of an id."""

    THERE = "there"
    GONE = "gone"
    """Deactivated, disabled, archived."""

    UNKNOWN = "unknown"
    """There is none; or it is a private channel, and the bot is not in it: Slack says the same."""

    HIDDEN = "hidden"
    """A user whom it does not show to the bot."""

    NO_GROUPS = "no groups"
    """The workspace's plan has no user groups."""

    NOT_SEEN = "not seen"
    """The token has not the scope that it takes to see it."""

    NOT_PUBLIC = "not public"
    """No public channel has this id; whether a private one has, the token may not see."""


class Directory(Protocol):
    """Every method may raise any SlackError; none waits and asks again by itself."""

    def introduce(self) -> None:
        """Have the token looked at; SlackRefusedError: Slack does not take it."""
        ...

    def standing(self, of: SlackId) -> Standing:
        """Return what Slack says of an id. `introduce` comes first."""
        ...
