"""One look at a service: how far it is, and whether all is right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.convergence.progress import Progress, SlotProgress
from bot.domain.convergence.slots import Layout, Slot, lay_out
from bot.domain.convergence.waits import waiting_for
from bot.domain.convergence.wanted import Pace, mode_of, pace_of
from bot.domain.observation import Mode, NodeView, Observation, ServiceView, UpdateState
from bot.domain.units import format_duration

_JOBS = (Mode.REPLICATED_JOB, Mode.GLOBAL_JOB)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one look comes to.

    Attributes:
        progress: as it is shown.
        all_right: each wanted slot or node runs the live spec, and nothing else runs.
        monitor: for how long that must hold; zero for jobs, and for no replicas.
        delay: the pause between batches.
    """

    progress: Progress
    all_right: bool
    monitor: timedelta
    delay: timedelta


def measure(service: ServiceView, seen: Observation, now: datetime) -> Measured:
    """Judge the tasks against the service's live spec.

    The caller has made sure that the live spec is the one to be judged by.

    Args:
        service: `seen.service`, which is known to exist.
        seen: this tick's observation.
        now: aware UTC.
    """
    layout = lay_out(service.spec, seen)
    pace = pace_of(service.spec, service.update_state)
    all_right = _all_right(layout)
    mode = mode_of(service.spec)
    # No node for a global service may only mean that Swarm has not made its tasks yet.
    at_once = mode in _JOBS or (mode is Mode.REPLICATED and layout.total == 0)
    monitor = timedelta() if at_once else pace.monitor
    hold = f"monitor {format_duration(monitor)}" if monitor else ""
    progress = Progress(
        total=layout.total,
        updated=sum(slot.right for slot in layout.slots),
        running=sum(_runs(slot) for slot in layout.slots),
        slots=tuple(_shown(slot, service.name, seen.nodes) for slot in layout.slots),
        waiting_for=hold if all_right else waiting_for(layout, seen, pace, now),
        expected=_expected(layout, _batches(service, layout, pace), pace, monitor),
        score=_score(layout),
    )
    return Measured(progress=progress, all_right=all_right, monitor=monitor, delay=pace.delay)


def _all_right(layout: Layout) -> bool:
    if layout.surplus or len(layout.slots) != layout.total:
        return False
    return all(slot.right and not slot.others for slot in layout.slots)


def _score(layout: Layout) -> int:
    ranks = sorted((slot.rank for slot in layout.slots), reverse=True)[: layout.total]
    return sum(ranks) - layout.surplus - sum(len(slot.others) for slot in layout.slots)


def _runs(slot: Slot) -> bool:
    tasks = (slot.task, *slot.others)
    return any(task is not None and task.state in ("running", "complete") for task in tasks)


def _shown(slot: Slot, service: str, nodes: Mapping[str, NodeView]) -> SlotProgress:
    task = slot.task
    node_id = task.node_id if task is not None else str(slot.key) * isinstance(slot.key, str)
    node = nodes[node_id].hostname if node_id in nodes else node_id
    label = f"{service}.{slot.key}" if isinstance(slot.key, int) else node
    if task is None:
        return SlotProgress(label=label, node=node, state="", updated=False)
    return SlotProgress(
        label=label,
        node=node,
        state=task.state,
        updated=slot.right,
        image=task.image,
        error=task.error,
        task_id=task.id,
    )


def _batches(service: ServiceView, layout: Layout, pace: Pace) -> int:
    """How many batches it takes: the pace is for tasks that are replaced, new ones start at once.

    SwarmKit forgets the update's status with each new spec, and sets one when tasks are replaced.
    """
    job = (service.spec.get("Mode") or {}).get("ReplicatedJob")
    if job is not None:
        return math.ceil(layout.total / int(job.get("MaxConcurrent") or 1))
    stale = any(s.others or (s.task and not s.task.up_to_date) for s in layout.slots)
    if service.update_state is UpdateState.NONE and not stale:
        return 1
    return math.ceil(layout.total / (pace.parallelism or layout.total or 1))


def _expected(layout: Layout, batches: int, pace: Pace, monitor: timedelta) -> timedelta | None:
    """Batches times what a task took so far, with the delays between, and the monitor window."""
    spans = [
        slot.task.state_at - slot.task.created_at
        for slot in layout.slots
        if slot.right and slot.task is not None and slot.task.state_at and slot.task.created_at
    ]
    spans = [span for span in spans if span > timedelta()]  # clocks of nodes may differ
    if not spans or not layout.total:
        return None
    each = sum(spans, timedelta()) / len(spans)
    whole = each * batches + pace.delay * (batches - 1) + monitor
    return timedelta(seconds=round(whole.total_seconds()))
