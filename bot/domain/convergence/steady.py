"""Whether the live spec has proved good by now, though nobody followed its rollout to the end."""

from __future__ import annotations

from datetime import datetime

from bot.domain.convergence.measure import measure
from bot.domain.observation import Observation, ServiceView, UpdateState

_STOPPED = (
    UpdateState.PAUSED,
    UpdateState.ROLLBACK_STARTED,
    UpdateState.ROLLBACK_PAUSED,
)


def has_held(service: ServiceView, seen: Observation, now: datetime) -> bool:
    """Whether every wanted place has run the live spec for the monitor window.

    That is what `completed` means; here the tasks' own times stand for having watched them. Where
    Swarm says that it stopped, it knows of a failure that the tasks may not show any more.
    """
    found = measure(service, seen, now)
    if service.update_state in _STOPPED or not found.all_right:
        return False
    since = (task.state_at or now for task in seen.tasks)
    return all(now - at >= found.monitor for at in since)
