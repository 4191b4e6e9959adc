"""How a service does, at a glance: from one look at its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.convergence.progress import Progress
from bot.domain.observation import ServiceView, TaskView, UpdateState

FRESH = timedelta(minutes=5)
"""A failure that is older says nothing of now."""

LONG = timedelta(minutes=10)
"""An update that takes longer, and longer than its tasks and its delays explain, is looked at."""

_UNPLACED = frozenset({"new", "pending"})
_CRASHES = 2
"""So many fresh failures are no accident, even while all that is wanted runs."""


class Standing(StrEnum):
    """How a service does, the worst first."""

    PAUSED = "paused"
    FAILING = "failing"
    SHORT = "short"
    ROLLING_BACK = "rolling back"
    UPDATING = "updating"
    OK = "ok"
    STOPPED = "stopped"


_RANK = {standing: rank for rank, standing in enumerate(Standing)}
_ALARMING = frozenset({Standing.PAUSED, Standing.FAILING, Standing.SHORT})
_UNDER_WAY = frozenset({Standing.UPDATING, Standing.ROLLING_BACK})
_BY_UPDATE = {
    UpdateState.PAUSED: Standing.PAUSED,
    UpdateState.ROLLBACK_PAUSED: Standing.PAUSED,
    UpdateState.UPDATING: Standing.UPDATING,
    UpdateState.ROLLBACK_STARTED: Standing.ROLLING_BACK,
}


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a service does.

    Attributes:
        updated, total: of an update under way.
        is_held: an update under way does not get on: a task finds no node or fails, or it is late.
        why: the last error, or what it waits for; text by third parties.
    """

    standing: Standing = Standing.OK
    updated: int = 0
    total: int = 0
    is_held: bool = False
    why: str = ""

    @property
    def needs_a_look(self) -> bool:
        """Whether somebody should look at it."""
        return self.is_held or self.standing in _ALARMING

    @property
    def rank(self) -> int:
        """Its place in a list in which the worst stands first."""
        return _RANK[self.standing]

    @property
    def words(self) -> str:
        """Return `ok`, `updating 2/6`, `failing`, …."""
        counts = f" {self.updated}/{self.total}" if self.standing in _UNDER_WAY else ""
        return f"{self.standing.value}{counts}"


def health_of(
    service: ServiceView, progress: Progress, failures: Sequence[TaskView], now: datetime
) -> Health:
    """Judge a service.

    Args:
        service: as it is.
        progress: its tasks, counted (bot.domain.convergence).
        failures: its tasks that failed or were rejected, those of long ago among them.
        now: aware UTC.
    """
    fresh = [each for each in failures if each.state_at and now - each.state_at <= FRESH]
    newest = max(fresh, key=lambda each: each.state_at or now, default=None)
    standing = _standing(service, progress, len(fresh))
    error = (newest.error or f"a task {newest.state}") if newest is not None else ""
    # an update that repairs what failed before it is not to blame for that
    since = service.update_started_at
    before = newest is not None and since and newest.state_at and newest.state_at < since
    trouble = "" if before else error
    held = _held(service, progress, trouble, now) if standing in _UNDER_WAY else ""
    why = ""
    if standing is Standing.PAUSED:
        why = (newest.error if newest else "") or service.update_message
    elif standing is Standing.FAILING:
        why = error
    elif held:
        why = held
    elif _is_short(progress):
        why = progress.waiting_for
    return Health(
        standing=standing,
        updated=progress.updated,
        total=progress.total,
        is_held=bool(held),
        why=why,
    )


def _standing(service: ServiceView, progress: Progress, fresh: int) -> Standing:
    by_update = _BY_UPDATE.get(service.update_state)
    if by_update is Standing.PAUSED:
        return by_update
    is_short = _is_short(progress)
    if fresh and (is_short or fresh >= _CRASHES):
        return Standing.FAILING
    if by_update is not None:
        return by_update
    if is_short:
        return Standing.SHORT
    return Standing.OK if progress.total else Standing.STOPPED


def _is_short(progress: Progress) -> bool:
    return progress.running < progress.total


def _held(service: ServiceView, progress: Progress, error: str, now: datetime) -> str:
    """Return what holds an update under way up; empty: it gets on.

    Where the new task starts first, all that is wanted runs however long it waits for a node.
    """
    unplaced = (slot.error for slot in progress.slots if slot.state in _UNPLACED and slot.error)
    if trouble := next(unplaced, error):
        return trouble
    since = service.update_started_at
    if since is None or not _is_short(progress):
        return ""
    late = now - since > max(LONG, progress.expected or LONG)
    return (progress.waiting_for or "it takes longer than it should") if late else ""
