"""Which tasks Swarm is bringing up: a drain waits for them as for those that run already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from bot.domain.convergence.wanted import is_down
from bot.domain.observation import NodeView, TaskView

ENDED = frozenset({"complete", "shutdown", "failed", "rejected", "remove", "orphaned"})
"""Task states that are never left again (swarmkit api, TaskState)."""

BAD = frozenset({"failed", "rejected"})
WISHED = frozenset({"ready", "running"})
"""Desired states of what is to run: `ready` while the task that it replaces still stops, and while
a restart is delayed (swarmkit orchestrator/update and orchestrator/restart)."""

Slot = tuple[str, int]
"""A service's id, and the slot that a task has there."""

_STARTS = frozenset({"assigned", "accepted", "preparing", "ready", "starting"})
_IN_A_ROW = 2
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def running(tasks: Sequence[TaskView], nodes: Mapping[str, NodeView]) -> list[TaskView]:
    """Return the tasks that run, those that are told to stop and still run included.

    What ran on a node that is down does not count: nobody knows.
    """
    return [t for t in tasks if t.state == "running" and not is_down(t.node_id, nodes)]


def coming_up(
    tasks: Iterable[TaskView],
    run: Sequence[TaskView],
    nodes: Mapping[str, NodeView],
    failing: Collection[Slot],
) -> list[TaskView]:
    """Return the tasks of one service that have a node and start there, at most one a slot.

    Not those of which nobody knows whether they ever will: without a place, on a node that is down,
    or failing again and again.

    Args:
        tasks: of the service.
        run: those of them that run; their slots are left out.
        nodes: all nodes by id.
        failing: slots of which the last tasks failed.
    """
    taken = {task.slot for task in run}
    found: dict[int, TaskView] = {}
    for task in tasks:
        starts = task.state in _STARTS and task.desired in WISHED and task.node_id
        fails = (task.service_id, task.slot) in failing
        if starts and not fails and task.slot not in taken and not is_down(task.node_id, nodes):
            found[task.slot] = task
    return list(found.values())


def failing_slots(tasks: Iterable[TaskView]) -> frozenset[Slot]:
    """Return the slots whose last two ended tasks both failed, or whose only one did.

    One failure may be of the moment. What an update has replaced ended as `shutdown`, and begins
    the count anew.

    Args:
        tasks: all that the Engine remembers (five a slot, unless the swarm is set otherwise).
    """
    over: dict[Slot, list[TaskView]] = defaultdict(list)
    for task in tasks:
        if task.state in ENDED:
            over[task.service_id, task.slot].append(task)
    return frozenset(slot for slot, ended in over.items() if _fails(ended))


def _fails(ended: list[TaskView]) -> bool:
    ended.sort(key=lambda task: task.created_at or _LONG_AGO)
    return all(task.state in BAD for task in ended[-_IN_A_ROW:])
