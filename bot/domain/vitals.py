"""What a steward last saw of its swarm, for people who ask whether it is well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.observation import NodeView
from bot.domain.units import format_duration

PARTS = {"queries": "queries worker", "rollouts": "rollouts worker", "steward": "steward"}
"""Each part that a cluster needs, by the role of its heartbeat."""


@dataclass(frozen=True, kw_only=True)
class Vitals:
    """A swarm in figures.

    Attributes:
        nodes: how many there are; `ready` of them, and `active`: those that take tasks.
        leader: host name; empty: none was seen.
        engines: the versions of the nodes' Engines, each once, sorted.
    """

    nodes: int
    ready: int
    active: int
    managers: int
    managers_ready: int
    leader: str = ""
    engines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LastSeen:
    """Vitals, and how long ago a steward told them."""

    vitals: Vitals
    ago: timedelta


def vitals_of(nodes: Iterable[NodeView]) -> Vitals:
    """Return the figures of these nodes."""
    found = list(nodes)
    ready = [node for node in found if node.status == "ready"]
    managers = [node for node in found if node.role == "manager"]
    return Vitals(
        nodes=len(found),
        ready=len(ready),
        active=sum(node.availability == "active" for node in ready),
        managers=len(managers),
        managers_ready=sum(node.status == "ready" for node in managers),
        leader=next((node.hostname for node in managers if node.leader), ""),
        engines=tuple(sorted({node.engine for node in found if node.engine})),
    )


def missing(beats: Mapping[str, int]) -> tuple[str, ...]:
    """Return which parts of a cluster have no fresh heartbeat."""
    return tuple(part for role, part in PARTS.items() if not beats.get(role))


def span(length: timedelta) -> str:
    """Return a time in whole seconds, from ten minutes on in minutes: nobody counts those."""
    seconds = max(0, int(length.total_seconds()))
    whole = seconds - seconds % 60 if seconds >= 600 else seconds  # noqa: PLR2004  ten minutes
    return format_duration(timedelta(seconds=whole))
