"""What a service under change waits for, in a few words."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.convergence.slots import Layout, Slot
from bot.domain.convergence.wanted import Pace, is_down, names_of_down
from bot.domain.jsontypes import Spec
from bot.domain.observation import Observation, TaskView, UpdateState
from bot.domain.units import format_duration

DELAY = "delay"
_SLOW_START = timedelta(seconds=2)
_UPDATING = (UpdateState.UPDATING, UpdateState.ROLLBACK_STARTED)


def waiting_for(layout: Layout, seen: Observation, pace: Pace, now: datetime) -> str:
    """The one thing that most holds it up; empty when nothing is known.

    Trouble comes before what only takes its time. The text may carry Swarm's own words.
    """
    moving = [slot.task for slot in layout.slots if slot.task is not None and not slot.right]
    moving = [task for task in moving if task.up_to_date]
    return (
        _trouble(moving, layout, seen)
        or _phase(moving, seen, now)
        or _between(layout, seen, pace)
        or _surplus(layout)
    )


def _trouble(moving: list[TaskView], layout: Layout, seen: Observation) -> str:
    for task in moving:
        if task.state in ("new", "pending") and (task.error or task.message):
            text = task.error or task.message
            if "no suitable node" in text:
                return text
    lost = [task.node_id for task in moving if is_down(task.node_id, seen.nodes)]
    lost += [
        slot.task.node_id
        for slot in layout.slots
        if slot.task is not None and is_down(slot.task.node_id, seen.nodes)
    ]
    return _down(names_of_down(lost, seen.nodes))


def _phase(moving: list[TaskView], seen: Observation, now: datetime) -> str:
    states = {task.state for task in moving}
    if "preparing" in states:
        return "image pull"
    starting = [task for task in moving if task.state == "starting"]
    if starting:
        return _starting(starting, seen, now)
    if "ready" in states:
        swapping = seen.service is not None and seen.service.update_state in _UPDATING
        return "the old task to stop" if swapping else "restart delay"
    if states & {"new", "pending"}:
        return "a node"
    if states & {"assigned", "accepted"}:
        return "the node to take it"
    return "the job to complete" if "running" in states else ""


def _starting(tasks: list[TaskView], seen: Observation, now: datetime) -> str:
    spec = seen.service.spec if seen.service else {}
    # An image's own HEALTHCHECK is not in the spec: only the time it takes tells of it.
    slow = any(task.state_at is not None and now - task.state_at >= _SLOW_START for task in tasks)
    return "health check" if slow or _has_health_check(spec) else "start"


def _has_health_check(spec: Spec) -> bool:
    container = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    test = (container.get("Healthcheck") or {}).get("Test") or []
    return bool(test) and test[0] != "NONE"


def _between(layout: Layout, seen: Observation, pace: Pace) -> str:
    """No task moves: the update sleeps between batches, or a lost node holds it."""
    waiting = [slot for slot in layout.slots if not slot.right]
    updating = seen.service is not None and seen.service.update_state in _UPDATING
    if not waiting or not updating:
        return _restarts(waiting)
    if pace.delay and _untouched(waiting):
        return f"{DELAY} {format_duration(pace.delay)}"
    # Measured: a replacement on a node that went down holds the whole update, and is not listed.
    return _down(names_of_down(seen.nodes, seen.nodes)) or _restarts(waiting)


def _untouched(waiting: list[Slot]) -> bool:
    return any(slot.task is not None and not slot.task.up_to_date for slot in waiting)


def _restarts(waiting: list[Slot]) -> str:
    dead = [slot for slot in waiting if slot.task is None]
    return "a task to start" if dead else ""


def _surplus(layout: Layout) -> str:
    count = layout.surplus + sum(len(slot.others) for slot in layout.slots)
    if not count:
        return ""
    return "1 task to stop" if count == 1 else f"{count} tasks to stop"


def _down(names: list[str]) -> str:
    if not names:
        return ""
    return f"node {names[0]} is down" if len(names) == 1 else f"nodes {', '.join(names)} are down"
