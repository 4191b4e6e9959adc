"""The failing task: which one it is, and its story in the rollout's record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.convergence.wanted import is_by_node
from bot.domain.observation import NodeView, TaskView
from bot.domain.rollout.record import Rollout, RolloutState, TaskFailure


def pick(rollout: Rollout, failures: Sequence[TaskView]) -> TaskView | None:
    """The task that Swarm blames by its id, else the newest that failed since the posting.

    Args:
        rollout: its reason holds Swarm's update message, if Swarm paused or went back.
        failures: recent failed and rejected tasks of the service, newest first.
    """
    blamed = [task for task in failures if task.id and task.id in rollout.reason]
    since = rollout.posting.posted_at if rollout.posting else None
    recent = [
        task
        for task in failures
        if since is None or task.created_at is None or task.created_at >= since
    ]
    # Clocks differ a little; but without a word of Swarm's, an old failure explains nothing.
    swarm_says_so = rollout.state in (RolloutState.PAUSED, RolloutState.ROLLING_BACK)
    return next(iter([*blamed, *recent, *(failures if swarm_says_so else ())]), None)


def told(
    rollout: Rollout, task: TaskView, log: Sequence[str], nodes: Mapping[str, NodeView]
) -> Rollout:
    """The rollout with the failing task's own error, exit code and last log lines."""
    node = nodes[task.node_id].hostname if task.node_id in nodes else task.node_id
    by_node = rollout.posting is not None and is_by_node(rollout.posting.spec)
    failure = TaskFailure(
        task_id=task.id,
        label=f"{rollout.service} on {node}" if by_node else f"{rollout.service}.{task.slot}",
        node=node,
        state=task.state,
        error=task.error or task.message,
        exit_code=task.exit_code,
        log=tuple(log),
    )
    return replace(rollout, failure=failure)
