"""The word `open`: everyone may do everything, so there is nothing to read."""

from bot.domain.policy import OPEN, Policy


class OpenPolicy:
    """Implements `bot.ports.PolicySource` for `WAGGLE_POLICY=open`."""

    def current(self) -> Policy:
        """Return the open policy."""
        return OPEN

    def problem(self) -> str:
        """Return nothing: there is no file that could be wrong."""
        return ""
