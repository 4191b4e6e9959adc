"""Which of a list a `--filter` lets through, as the Engine would say it.

Several values of one filter are alternatives, but several labels must all be there; different
filters must all hold. Ids and names match by their beginning, those of networks by any part.
Source: swarmkit controlapi (filterContainsPrefix, filterMatchLabels) and moby
daemon/cluster/filters.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from bot.domain.observation import (
    PREDEFINED,
    NetworkView,
    NodeView,
    PieceView,
    ServiceView,
    TaskView,
)
from bot.domain.spec.scalars import mode_of

T = TypeVar("T")
Test = Callable[[Sequence[str]], bool]


def services_matching(found: Iterable[ServiceView], filters: Sequence[str]) -> list[ServiceView]:
    """The services that pass: by id, name, label, mode and runtime."""

    def tests(view: ServiceView) -> Mapping[str, Test]:
        runtime = (view.spec.get("TaskTemplate") or {}).get("Runtime") or "container"
        return {
            "id": _begins(view.id),
            "name": _begins(view.name),
            "label": _labelled(view.spec.get("Labels") or {}),
            "mode": _one_of(mode_of(view.spec)),
            "runtime": _one_of(runtime),
        }

    return _passing(found, filters, tests)


def tasks_matching(
    found: Iterable[TaskView], filters: Sequence[str], service: str, nodes: Mapping[str, str]
) -> list[TaskView]:
    """The tasks that pass: by id, name (`web.1`), node and desired state.

    Args:
        found: tasks of one service.
        filters: as they were typed.
        service: its name.
        nodes: node id → host name; a node is named by either, in full.
    """

    def tests(task: TaskView) -> Mapping[str, Test]:
        host = nodes.get(task.node_id, "")
        return {
            "id": _begins(task.id),
            "name": _begins(f"{service}.{task.slot or task.node_id}.{task.id}"),
            "node": _one_of(task.node_id, host),
            "desired-state": _one_of(task.desired),
        }

    return _passing(found, filters, tests)


def pieces_matching(found: Iterable[PieceView], filters: Sequence[str]) -> list[PieceView]:
    """The secrets or configs that pass: by id, name and label."""

    def tests(piece: PieceView) -> Mapping[str, Test]:
        return {
            "id": _begins(piece.id),
            "name": _begins(piece.name),
            "label": _labelled(piece.labels),
        }

    return _passing(found, filters, tests)


def networks_matching(found: Iterable[NetworkView], filters: Sequence[str]) -> list[NetworkView]:
    """The networks that pass: by id, name, driver, scope, label and type.

    All or part of a name or id, as the docker CLI's reference has it. Source of the rest: moby
    daemon/network/filter.go; `builtin` are those that every Engine has of its own.
    """

    def tests(network: NetworkView) -> Mapping[str, Test]:
        return {
            "id": _has(network.id),
            "name": _has(network.name),
            "driver": _one_of(network.driver),
            "scope": _one_of(network.scope),
            "label": _labelled(network.labels),
            "type": _one_of("builtin" if network.name in PREDEFINED else "custom"),
        }

    return _passing(found, filters, tests)


def nodes_matching(found: Iterable[NodeView], filters: Sequence[str]) -> list[NodeView]:
    """The nodes that pass: by id, host name, role, membership, label of node and of Engine."""

    def tests(node: NodeView) -> Mapping[str, Test]:
        return {
            "id": _begins(node.id),
            "name": _begins(node.hostname),
            "role": _one_of(node.role),
            "membership": _one_of("accepted"),  # none is ever pending: Swarm has no such step
            "label": _labelled(node.engine_labels),
            "node.label": _labelled(node.labels),
        }

    return _passing(found, filters, tests)


def _passing(
    found: Iterable[T], filters: Sequence[str], tests: Callable[[T], Mapping[str, Test]]
) -> list[T]:
    asked: dict[str, list[str]] = {}
    for text in filters:
        name, _, value = text.partition("=")
        asked.setdefault(name, []).append(value)

    def passes(one: T) -> bool:
        known = tests(one)
        return all(known[name](values) for name, values in asked.items())

    return [one for one in found if passes(one)]


def _begins(text: str) -> Test:
    return lambda values: any(text.startswith(value) for value in values)


def _has(text: str) -> Test:
    return lambda values: any(value in text for value in values)


def _one_of(*texts: str) -> Test:
    return lambda values: any(text in values for text in texts)


def _labelled(labels: Mapping[str, str]) -> Test:
    def test(values: Sequence[str]) -> bool:
        pairs = (value.partition("=") for value in values)
        return all(
            key in labels and (not has_value or labels[key] == value)
            for key, has_value, value in pairs
        )

    return test
