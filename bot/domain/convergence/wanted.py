"""What a service's spec wants: how many, on which nodes, and how updates are to go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.jsontypes import Spec
from bot.domain.observation import Mode, NodeView, TaskView, UpdateState

DEFAULT_MONITOR = timedelta(seconds=5)
"""Swarm's own, when a spec names none (swarmkit api/defaults)."""

WANTED = ("new", "ready", "running", "complete")
"""Desired states that are no end; `complete` is that of tasks of jobs alone."""

_MODES = {
    "Global": Mode.GLOBAL,
    "ReplicatedJob": Mode.REPLICATED_JOB,
    "GlobalJob": Mode.GLOBAL_JOB,
}
_GOING_BACK = (
    UpdateState.ROLLBACK_STARTED,
    UpdateState.ROLLBACK_PAUSED,
    UpdateState.ROLLBACK_COMPLETED,
)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How an update goes: `parallelism` 0 means all at once."""

    parallelism: int
    delay: timedelta
    monitor: timedelta


def mode_of(spec: Spec) -> Mode:
    """The service's mode."""
    mode = spec.get("Mode") or {}
    return next((word for name, word in _MODES.items() if name in mode), Mode.REPLICATED)


def wanted_of(tasks: Iterable[TaskView]) -> list[TaskView]:
    """Return those of all the tasks of some services that Swarm wants: of a job, its newest run's.

    The same as to ask the Engine for these alone.
    """
    wanted = [task for task in tasks if task.desired in WANTED]
    newest: dict[str, int] = {}
    for task in wanted:
        if task.job_iteration is not None:
            so_far = newest.get(task.service_id, 0)
            newest[task.service_id] = max(task.job_iteration, so_far)
    return [
        task
        for task in wanted
        if task.job_iteration is None or task.job_iteration == newest[task.service_id]
    ]


def is_by_node(spec: Spec) -> bool:
    """Whether a task is named by its node. Its slot does not say: a job's first slot is 0, too."""
    return mode_of(spec) in (Mode.GLOBAL, Mode.GLOBAL_JOB)


def replicas_of(spec: Spec) -> int:
    """How many tasks a replicated service (or job: completions) wants; Swarm's default is 1."""
    mode = spec.get("Mode") or {}
    job = mode.get("ReplicatedJob")
    if job is not None:
        wanted = job.get("TotalCompletions", job.get("MaxConcurrent"))
    else:
        wanted = (mode.get("Replicated") or {}).get("Replicas")
    return 1 if wanted is None else int(wanted)


def pace_of(spec: Spec, state: UpdateState) -> Pace:
    """The pace in force: RollbackConfig's while Swarm itself rolls back, else UpdateConfig's."""
    block = "RollbackConfig" if state in _GOING_BACK else "UpdateConfig"
    config = spec.get(block)
    if not config:
        return Pace(parallelism=1, delay=timedelta(), monitor=DEFAULT_MONITOR)
    monitor = config.get("Monitor")
    return Pace(
        parallelism=int(config.get("Parallelism") or 0),
        delay=_span(config.get("Delay") or 0),
        monitor=DEFAULT_MONITOR if monitor is None else _span(monitor),
    )


def _span(nanos: int) -> timedelta:
    return timedelta(microseconds=nanos // 1000)


def may_run(spec: Spec, node: NodeView) -> bool:
    """Whether a global service surely wants this node: ready, active, and constraints satisfied.

    A constraint that this view of a node cannot answer (its address) leaves the node out: then it
    counts only once Swarm has made a task for it.
    """
    if node.status != "ready" or node.availability != "active":
        return False
    placement = (spec.get("TaskTemplate") or {}).get("Placement") or {}
    return all(holds(str(text), node) is True for text in placement.get("Constraints") or [])


def stays_as_it_was(spec: Spec, node: NodeView) -> bool:
    """Whether Swarm leaves what a global service has on this node, whatever was posted since.

    SwarmKit's global orchestrator neither adds nor updates on a paused node (reconcileServices);
    what a constraint keeps off it stops there, too. The task follows when the node is active again.
    """
    if node.status != "ready" or node.availability != "pause":
        return False
    placement = (spec.get("TaskTemplate") or {}).get("Placement") or {}
    return all(holds(str(text), node) is not False for text in placement.get("Constraints") or [])


def holds(constraint: str, node: NodeView) -> bool | None:
    """Whether the node satisfies a constraint; None: this view of a node cannot tell."""
    sign = "!=" if "!=" in constraint else "=="
    key, _, wanted = (part.strip() for part in constraint.partition(sign))
    value = _attribute(key, node)
    if value is None:
        return None
    # Swarm compares without regard to case (swarmkit manager/constraint).
    return (value.lower() == wanted.lower()) is (sign == "==")


def _attribute(key: str, node: NodeView) -> str | None:
    for prefix, labels in (("node.labels.", node.labels), ("engine.labels.", node.engine_labels)):
        if key.lower().startswith(prefix):
            return labels.get(key[len(prefix) :], "")
    known = {
        "node.id": node.id,
        "node.hostname": node.hostname,
        "node.role": node.role,
        "node.platform.os": node.os or None,
        "node.platform.arch": node.arch or None,
    }
    return known.get(key.lower())


def is_down(node_id: str, nodes: Mapping[str, NodeView]) -> bool:
    """Whether the node is known to be down; what ran there does not count."""
    node = nodes.get(node_id)
    return node is not None and node.status == "down"


def names_of_down(node_ids: Iterable[str], nodes: Mapping[str, NodeView]) -> list[str]:
    """The host names of those of these nodes that are down, each once."""
    found = [nodes[one].hostname or one for one in node_ids if is_down(one, nodes)]
    return list(dict.fromkeys(found))
