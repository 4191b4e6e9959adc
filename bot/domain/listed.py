"""What lists have in common."""

from dataclasses import dataclass, field

from bot.domain.page import Asked


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A list of what the person may read.

    Attributes:
        hidden: how many more there are, which they may not.
    """

    hidden: int = 0


@dataclass(frozen=True, kw_only=True)
class Paged(Listed):
    """A list that may be long.

    Attributes:
        asked: the page that is shown, and what another one is asked for with.
    """

    asked: Asked = field(default_factory=Asked)
