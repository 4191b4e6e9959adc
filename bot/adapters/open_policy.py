"""The word `open`: everyone may do everything, so there is nothing to read and nobody to ask."""

from datetime import datetime

from bot.domain.policy import OPEN, Policy, Window


class OpenPolicy:
    """Implements `bot.ports.PolicySource`, `People` and `Calendar` for `WAGGLE_POLICY=open`."""

    def current(self) -> Policy:
        """Return the open policy."""
        return OPEN

    def problem(self) -> str:
        """Return nothing: there is no file that could be wrong."""
        return ""

    def groups_of(self, user: str, among: frozenset[str]) -> frozenset[str] | None:
        """Return no groups: the open policy names none."""
        del user, among
        return frozenset()

    def windows(self, policy: Policy, begin: datetime, end: datetime) -> tuple[Window, ...]:
        """Return no freezes."""
        del policy, begin, end
        return ()
