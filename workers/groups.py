"""Asks Slack ahead who is in the policy's user groups, so that a typed line finds it known."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from workers.whereabouts import whereabouts

LOOK_EVERY = 10.0
"""Seconds; most looks find all of it young enough and ask nobody."""

_log = structlog.get_logger("waggle.groups")


class Refreshed(Protocol):
    """What remembers who is in which group."""

    def refresh(self, among: frozenset[str]) -> None:
        """Ask about those that were last asked too long ago; never raises."""
        ...


@dataclass(frozen=True, kw_only=True)
class GroupKeeper:
    """A thread beside the steward. Every candidate has one; what one has asked, none asks again.

    Attributes:
        wanted: returns the groups that the rules in force name.
    """

    people: Refreshed
    wanted: Callable[[], frozenset[str]]
    every: float = LOOK_EVERY
    _ending: threading.Event = field(default_factory=threading.Event)

    def start(self) -> threading.Thread:
        """Begin; the thread ends with the process, or after `stop()`."""
        thread = threading.Thread(target=self._keep, name="user-groups", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """End after this look."""
        self._ending.set()

    def _keep(self) -> None:
        while not self._ending.is_set():
            try:
                self.people.refresh(self.wanted())
            except Exception as error:  # noqa: BLE001  a line asks by itself when this does not
                _log.error("groups_failed", error=type(error).__name__, at=whereabouts(error))
            self._ending.wait(self.every)
