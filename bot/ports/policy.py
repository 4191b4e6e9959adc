"""What decisions are made from: rules, people, the calendar of freezes, what is locked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from bot.domain.lock import Lock
from bot.domain.policy import Policy, Window
from bot.ports.store import Stored


class PolicySource(Protocol):
    """The rules in force. Never raises: without rules that can be read, nobody may do anything."""

    def current(self) -> Policy:
        """Return them; a file that was changed is read again."""
        ...

    def problem(self) -> str:
        """Return what is wrong with the newest file, empty if nothing is.

        The rules in force are then those of the last good one.
        """
        ...


class People(Protocol):
    """Slack's user groups."""

    def groups_of(self, user: str, among: frozenset[str]) -> frozenset[str] | None:
        """Return which of these groups a person is in.

        The answer may be 60 s old, and 300 s while Slack does not answer. None when it cannot be
        asked and what is known is older: then nobody is in any. Asks nobody when `among` is empty.
        """
        ...

    def members_now(self, among: frozenset[str]) -> Mapping[str, frozenset[str]]:
        """Ask who is in these groups at this moment; return the members by group. Never raises.

        Waits for Slack, within bounds. Of a group about which Slack did not answer in time, what it
        said less than 60 s ago counts; without that the group is missing, and nobody is in it.
        """
        ...


class Calendar(Protocol):
    """Works out when freezes come; time zones and cron lines are an adapter's business."""

    def windows(self, policy: Policy, begin: datetime, end: datetime) -> tuple[Window, ...]:
        """Return the occurrences that are on at any moment between two, by when they begin."""
        ...


class Locks(Protocol):
    """What is locked; the record store is one."""

    def open_locks(self, cluster: str) -> list[Stored[Lock]]:
        """Return the locks that have not ended, oldest first, in one round trip.

        Raises:
            StoreUnavailableError, UnreadableRecordError: nobody can tell; then nothing may be
                changed.
        """
        ...
