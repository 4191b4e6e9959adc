"""What is said of a list that filters leave empty."""

from bot.domain.grammar import Command
from bot.domain.reply import Said


def none_passes(what: str, command: Command) -> Said:
    """Say that the filters let nothing through: an empty list would say that there is none."""
    asked = ", ".join(f"`{text}`" for text in command.options.filters)
    return Said(text=f"No {what} passes the filter {asked}.")
