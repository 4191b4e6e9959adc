"""What a node carries: tasks, and what they keep reserved of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain.jsontypes import Spec
from bot.domain.observation import TaskView

_OVER = frozenset({"complete", "shutdown", "failed", "rejected", "remove", "orphaned"})

_UNWANTED = frozenset({"shutdown", "remove"})


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one node carries. Nano-CPUs and bytes, as Swarm counts them."""

    tasks: int = 0
    cpus: int = 0
    memory: int = 0


def load_by_node(tasks: Iterable[TaskView], specs: Mapping[str, Spec]) -> dict[str, Load]:
    """Return what each node carries, by its id; who carries nothing is left out.

    A task counts as long as it has not ended and is not wanted elsewhere. Its reservation is that
    of its service's present spec: a task that still runs the one before may have another.

    Args:
        tasks: of the whole swarm.
        specs: of the services, by id; a task of another one reserves nothing that is known.
    """
    found: dict[str, Load] = {}
    for task in tasks:
        if not task.node_id or task.state in _OVER or task.desired in _UNWANTED:
            continue
        cpus, memory = reserved(specs.get(task.service_id) or {})
        was = found.get(task.node_id, Load())
        found[task.node_id] = Load(
            tasks=was.tasks + 1, cpus=was.cpus + cpus, memory=was.memory + memory
        )
    return found


def reserved(spec: Spec) -> tuple[int, int]:
    """Return what a task of a spec reserves: nano-CPUs, bytes."""
    resources = (spec.get("TaskTemplate") or {}).get("Resources") or {}
    amount = resources.get("Reservations") or {}
    return int(amount.get("NanoCPUs") or 0), int(amount.get("MemoryBytes") or 0)
