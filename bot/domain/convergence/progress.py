"""How far a rollout is: what a look at the tasks comes to."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class SlotProgress:
    """One slot (or node, for global services) as the thread shows it.

    Attributes:
        label: `web.3`, or the node's name.
        state: Swarm's task state.
        updated: runs the new spec.
        task_id: the task that is shown; another id in the same place means that one was replaced.
    """

    label: str
    node: str
    state: str
    updated: bool
    image: str = ""
    error: str = ""
    task_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far it is.

    Attributes:
        total: wanted slots or nodes.
        updated: of these, running the posted spec.
        running: of these, running anything.
        waiting_for: what it waits for, in words (`delay 1m30s`, `health check`, `image pull`, `no
            suitable node (…)`, `monitor 5s`).
        expected: how long the whole should take, None if unknown.
        score: how far all tasks have come, in steps of a task's life; the highest value ever tells
            progress from a task that only crashes and starts again.
    """

    total: int
    updated: int
    running: int
    slots: tuple[SlotProgress, ...] = ()
    waiting_for: str = ""
    expected: timedelta | None = None
    score: int = 0
