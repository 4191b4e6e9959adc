"""The tasks, gathered by slot (or by node, for global services).

A slot can have two tasks at once: with start-first, the old one runs until the new one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain.convergence.wanted import (
    is_down,
    may_run,
    mode_of,
    replicas_of,
    stays_as_it_was,
)
from bot.domain.jsontypes import Spec
from bot.domain.observation import Mode, NodeView, Observation, TaskView

STATES = (
    "new",
    "pending",
    "assigned",
    "accepted",
    "preparing",
    "ready",
    "starting",
    "running",
    "complete",
)
"""A task's life in order; what is not in it has failed."""

_JOBS = (Mode.REPLICATED_JOB, Mode.GLOBAL_JOB)
_ENDED = ("complete", "shutdown", "failed", "rejected", "remove", "orphaned")


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One place that should run the posted spec.

    Attributes:
        key: the slot's number, or the node's id.
        task: the task to show: the newest of the posted spec, else whatever is there; None when
            nothing is.
        right: it is up to date and running (for a job: complete).
        others: further wanted tasks of this place that do not run the posted spec.
    """

    key: int | str
    task: TaskView | None
    right: bool
    others: tuple[TaskView, ...] = ()

    @property
    def rank(self) -> int:
        """How far the posted spec has come here: 0 nothing, up to the end of a task's life."""
        if self.task is None or not self.task.up_to_date or self.task.state not in STATES:
            return 0
        return STATES.index(self.task.state) + 1


@dataclass(frozen=True, kw_only=True)
class Layout:
    """All places of a service: `total` wanted ones, and tasks beyond them that have to stop."""

    slots: tuple[Slot, ...]
    total: int
    surplus: int


def lay_out(spec: Spec, seen: Observation) -> Layout:
    """Gather the observed tasks by the place that they fill."""
    mode = mode_of(spec)
    tasks = _counted(seen.tasks, mode)
    if mode in (Mode.GLOBAL, Mode.GLOBAL_JOB):
        return _by_node(spec, tasks, seen.nodes, mode)
    return _by_slot(replicas_of(spec), tasks, seen.nodes, mode)


def _counted(tasks: Iterable[TaskView], mode: Mode) -> list[TaskView]:
    if mode not in _JOBS:
        return [task for task in tasks if task.desired not in _ENDED]
    tasks = [task for task in tasks if task.desired not in ("shutdown", "remove")]
    newest = max((task.job_iteration or 0 for task in tasks), default=0)
    return [task for task in tasks if (task.job_iteration or 0) == newest]


def _by_slot(
    wanted: int, tasks: list[TaskView], nodes: Mapping[str, NodeView], mode: Mode
) -> Layout:
    numbers = sorted({task.slot for task in tasks})
    slots = [_slot(n, [t for t in tasks if t.slot == n], nodes, mode) for n in numbers]
    # Numbers need not be 1..n: a scale-down may take any. Missing ones get the free numbers.
    free = (n for n in range(1, wanted + len(numbers) + 1) if n not in numbers)
    empty = [Slot(key=next(free), task=None, right=False) for _ in range(wanted - len(slots))]
    return Layout(
        slots=tuple(sorted([*slots, *empty], key=lambda slot: int(slot.key))),
        total=wanted,
        surplus=max(0, len(slots) - wanted),
    )


def _by_node(
    spec: Spec, tasks: list[TaskView], nodes: Mapping[str, NodeView], mode: Mode
) -> Layout:
    wanted = {one for one, node in nodes.items() if may_run(spec, node)}
    # The docker CLI counts nodes that have an up-to-date task; down ones are left out.
    wanted |= {t.node_id for t in tasks if t.up_to_date and not is_down(t.node_id, nodes)}
    wanted.discard("")
    named = sorted(wanted, key=lambda one: (nodes[one].hostname if one in nodes else "", one))
    slots = [_slot(n, [t for t in tasks if t.node_id == n], nodes, mode) for n in named]
    passed_over = {one for one, node in nodes.items() if stays_as_it_was(spec, node)}
    passed_over |= {t.node_id for t in tasks if is_down(t.node_id, nodes)}
    left = {t.node_id for t in tasks} - wanted - passed_over
    return Layout(slots=tuple(slots), total=len(slots), surplus=len(left))


def _slot(key: int | str, tasks: list[TaskView], nodes: Mapping[str, NodeView], mode: Mode) -> Slot:
    ordered = sorted(tasks, key=lambda task: _preference(task, nodes))
    if not ordered:
        return Slot(key=key, task=None, right=False)
    first, *others = ordered
    end = "complete" if mode in _JOBS else "running"
    right = first.up_to_date and first.state == end
    if end == "running":
        right = right and first.desired == "running" and not is_down(first.node_id, nodes)
    stale = tuple(
        task for task in others if not task.up_to_date and not is_down(task.node_id, nodes)
    )
    return Slot(key=key, task=first, right=right, others=stale)


def _preference(task: TaskView, nodes: Mapping[str, NodeView]) -> tuple[bool, bool, int]:
    rank = STATES.index(task.state) if task.state in STATES else -1
    return (is_down(task.node_id, nodes), not task.up_to_date, -rank)
