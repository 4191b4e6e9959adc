"""What there is in each swarm, as its worker last saw it."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.inventory import Inventory, Sighting


class Inventories(Protocol):
    """Written by the worker's steward, read by the bot. A hint, never a decision.

    All methods may raise StoreUnavailableError.
    """

    def keep(self, cluster: str, inventory: Inventory) -> None:
        """Replace what is known of a cluster; it is kept for a day."""
        ...

    def seen(self, cluster: str) -> Sighting | None:
        """Return what the worker last saw, and how long ago; None if nothing is known.

        What cannot be read (another version wrote it) counts as unknown.
        """
        ...

    def keep_tags(self, cluster: str, repository: str, tags: Sequence[str]) -> None:
        """Replace the tags of a repository, in this order; they are kept for an hour."""
        ...

    def tags(self, cluster: str, repository: str) -> tuple[str, ...]:
        """Return the tags of a repository, none if nothing is known."""
        ...
