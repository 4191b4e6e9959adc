"""One look at a drain: how far it is, whether it stalls, whether it is over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.convergence.wanted import is_down, mode_of, replicas_of
from bot.domain.drain.coming import BAD, ENDED, WISHED, Slot, coming_up, failing_slots, running
from bot.domain.drain.record import Drain, Moving, Phase
from bot.domain.lag import LAGS
from bot.domain.observation import Mode, NodeView, ServiceView, TaskView

SETTLE = timedelta(seconds=5)
"""All must be as it should for so long: what has just started may yet fail. The docker CLI waits
that long after an update, too (Swarm's default monitor)."""

SKEW = timedelta(seconds=5)
"""So far apart the clocks of the machines may be: what failed right after the node was set may bear
a time from before."""

_UNPLACED = frozenset({"new", "pending"})
_STOPPED = frozenset({"shutdown", "remove"})
_OLD_ONES = "old tasks to stop"
_BY_NODE = frozenset({Mode.GLOBAL, Mode.GLOBAL_JOB})


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What one look saw.

    Attributes:
        services: those of the drain that there still are, by id, and others with tasks on a node.
        tasks: all tasks of the drain's and of these that the Engine remembers, ended ones too, by
            service id.
        nodes: all nodes by id.
    """

    services: Mapping[str, ServiceView]
    tasks: Mapping[str, Sequence[TaskView]]
    nodes: Mapping[str, NodeView]


def overtaken(node_id: str, seen: Sight) -> str:
    """Return which availability somebody else has given the node since; empty: it drains."""
    node = seen.nodes.get(node_id)
    return "" if node is None or node.availability == "drain" else node.availability


def not_seen(drain: Drain, now: datetime) -> Drain:
    """Return a drain after one more look that showed nothing."""
    return drain if drain.silent_since else replace(drain, silent_since=now)


def is_overdue_unseen(drain: Drain, now: datetime) -> bool:
    """Return whether nobody could see for the whole deadline how a drain stands.

    Nothing is concluded from silence but that it is silent.
    """
    return drain.silent_since is not None and now - drain.silent_since >= drain.deadline


def seen_again(drain: Drain, now: datetime) -> Drain:
    """Return a drain that can be looked at once more: what was silence is not held against it."""
    if drain.silent_since is None:
        return drain
    silence = now - drain.silent_since
    progress_at = drain.progress_at + silence if drain.progress_at else None
    # nor does it count as time in which all was well
    return replace(drain, unseen=False, silent_since=None, progress_at=progress_at, done_since=None)


def overdue_return(drain: Drain, now: datetime) -> Drain:
    """Return a drain that is over and whose node is still to be made active again.

    After the deadline it calls for help, once; nothing is given up by that.
    """
    late = drain.emptied_at is not None and now - drain.emptied_at >= drain.deadline
    if not late or drain.unseen:
        return drain
    return replace(drain, unseen=True, stalls=drain.stalls + 1)


def step(drain: Drain, node_id: str, seen: Sight, now: datetime) -> tuple[Drain, Phase]:
    """Return the drain as it is now, and whether it goes on."""
    since = drain.began_at or now
    drain = joined(drain, node_id, seen)
    services = tuple(_seen(each, node_id, seen, since) for each in drain.services)
    down, lost = is_down(node_id, seen.nodes), node_id not in seen.nodes
    back = any(a.is_gone and not b.is_gone for a, b in zip(drain.services, services, strict=True))
    best = None if back else drain.best  # it had been counted as done
    drain = replace(drain, services=services, down=down, lost=lost, best=best)
    drain = _progressed(drain, now)
    if drain.stuck:
        drain = replace(drain, done_since=None)
        last = drain.progress_at or now
        return drain, Phase.STALLED if now - last >= drain.deadline else Phase.MOVING
    done_since = drain.done_since or now
    # what is not to be seen may not be gone: a manager that comes back plays its log
    unseen = lost or any(each.is_gone for each in services)
    over = now - done_since >= (LAGS if unseen else SETTLE)
    drain = replace(drain, done_since=done_since, emptied_at=now if over else None)
    return drain, Phase.DONE if over else Phase.MOVING


def on_node(tasks: Sequence[TaskView], node_id: str, nodes: Mapping[str, NodeView]) -> int:
    """Return how many tasks are on the node, those that stop included.

    Of a node that is down only those that Swarm still wants there: the others were replaced.
    """
    down = is_down(node_id, nodes)
    there = [t for t in tasks if t.node_id == node_id and t.state not in ENDED]
    there = [t for t in there if not _never_begins(t)]
    return sum(not down or t.desired == "running" for t in there)


def _never_begins(task: TaskView) -> bool:
    """Return whether it was given up before its node heard of it: Swarm keeps it as it is."""
    return task.state in _UNPLACED and task.desired in _STOPPED


def moving_of(
    service: ServiceView,
    node_id: str,
    tasks: Sequence[TaskView],
    nodes: Mapping[str, NodeView],
    failing: Collection[Slot],
) -> Moving:
    """Return how a service stands before it moves; `here` is 0 if nothing of it is on the node.

    Args:
        service: it.
        node_id: the node that is emptied.
        tasks: the service's.
        nodes: all nodes by id.
        failing: slots of which the last tasks failed.
    """
    run, mode = running(tasks, nodes), mode_of(service.spec)
    here = on_node(tasks, node_id, nodes)
    comes = coming_up(tasks, run, nodes, failing) if mode is Mode.REPLICATED else ()
    return Moving(
        service_id=service.id,
        name=service.name,
        mode=mode,
        here=here,
        ran=len(run),
        coming=len(comes),
        wanted=len(run) if mode in _BY_NODE else replicas_of(service.spec),
        left=here,
        elsewhere=sum(t.node_id != node_id for t in run),
        least=len(run),
    )


def joined(drain: Drain, node_id: str, seen: Sight) -> Drain:
    """Add what is on the node and was not when the drain was worked out."""
    known = {each.service_id for each in drain.services}
    late = [
        _late(service_id, node_id, seen)
        for service_id, tasks in seen.tasks.items()
        if service_id not in known and on_node(tasks, node_id, seen.nodes)
    ]
    if not late:
        return drain
    # that there is more to do is neither progress nor a step back
    best = None if drain.best is None else drain.best - sum(each.remains for each in late)
    services = sorted((*drain.services, *late), key=lambda each: each.name)
    return replace(drain, services=tuple(services), best=best)


def _late(service_id: str, node_id: str, seen: Sight) -> Moving:
    tasks = seen.tasks[service_id]
    if service := seen.services.get(service_id):
        return moving_of(service, node_id, tasks, seen.nodes, failing_slots(tasks))
    here = on_node(tasks, node_id, seen.nodes)
    return Moving(
        service_id=service_id,
        name=service_id,  # whatever its name was
        mode=Mode.REPLICATED,
        here=here,
        ran=0,
        wanted=0,
        left=here,
        elsewhere=0,
        least=0,
        is_gone=True,
    )


def _progressed(drain: Drain, now: datetime) -> Drain:
    score = -sum(each.remains for each in drain.services)
    if drain.best is not None and score <= drain.best:
        return drain
    return replace(drain, best=score, progress_at=now)


def _seen(moving: Moving, node_id: str, seen: Sight, since: datetime) -> Moving:
    service = seen.services.get(moving.service_id)
    tasks = seen.tasks.get(moving.service_id, ())
    left = on_node(tasks, node_id, seen.nodes)
    if service is None:
        return replace(moving, is_gone=True, left=left, waits=_OLD_ONES if left else "")
    run = running(tasks, seen.nodes)
    wanted = replicas_of(service.spec) if moving.mode is Mode.REPLICATED else moving.wanted
    now = replace(
        moving,
        is_gone=False,
        wanted=wanted,
        left=left,
        elsewhere=sum(t.node_id != node_id and t.desired == "running" for t in run),
        least=min(moving.least, len(run)),
    )
    return replace(now, waits="" if now.is_done else _waits(now, node_id, tasks, since))


def _waits(moving: Moving, node_id: str, tasks: Sequence[TaskView], since: datetime) -> str:
    """Say what it waits for: no node takes it, it fails, it starts, or the old ones do not stop."""
    unplaced = (t.error for t in tasks if t.state in _UNPLACED and t.desired in WISHED and t.error)
    if word := next(unplaced, ""):
        return word
    if moving.elsewhere < moving.needs and (word := _last_failure(node_id, tasks, since)):
        return word
    coming = [t for t in tasks if t.desired == "running" and t.state != "running"]
    states = sorted({t.state for t in coming if t.node_id != node_id})
    if states:
        return f"new tasks are {', '.join(states)}"
    return _OLD_ONES if moving.left else "new tasks"


def _last_failure(node_id: str, tasks: Sequence[TaskView], since: datetime) -> str:
    from_then = since - SKEW
    bad = [
        t
        for t in tasks
        if t.state in BAD and t.node_id != node_id and (t.created_at or since) >= from_then
    ]
    bad.sort(key=lambda t: t.state_at or since)
    return f"{bad[-1].state}: {bad[-1].error or bad[-1].message}" if bad else ""
