"""What there is in a swarm, as the worker last saw it: names, and what forms are filled in with.

The bot has no Docker; this is all that it knows of one. A hint for people: every change is planned
on what the Engine says at that moment. Env values, secrets and logs have no place in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain import images
from bot.domain.errors import BadFlagValue
from bot.domain.jsontypes import Spec
from bot.domain.observation import NodeView, ServiceView
from bot.domain.policy.resource import Resource, Side, node_side, side_of
from bot.domain.spec.scalars import CHANGE_DEFAULTS
from bot.domain.units import format_duration_ns

STALE: timedelta = timedelta(seconds=60)
"""Older than this, the worker counts as away: it looks every few seconds."""

MOST_TAGS = 1_000
"""Of one repository that are kept, the newest versions first."""


@dataclass(frozen=True, kw_only=True)
class ServiceStock:
    """One service.

    Attributes:
        image: as people say it, without the digest.
        replicas: None where there is no number of them (global), or where it is a job.
        parallelism, delay, order, failure_action: of its UpdateConfig, Swarm's defaults if none;
            the delay is a Go duration.
        side: what the policy judges it by.
    """

    name: str
    image: str
    replicas: int | None
    parallelism: int
    delay: str
    order: str
    failure_action: str
    constraints: tuple[str, ...] = ()
    side: Side = field(default_factory=Side)

    def resource(self, cluster: str) -> Resource:
        """Return it as the policy sees it."""
        return Resource(cluster=cluster, service=self.name, sides=(self.side,))


@dataclass(frozen=True, kw_only=True)
class NodeStock:
    """One node.

    Attributes:
        availability: active, pause or drain; empty where an older worker did not tell.
        side: what the policy judges it by.
    """

    name: str
    availability: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    side: Side = field(default_factory=Side)

    def resource(self, cluster: str) -> Resource:
        """Return it as the policy sees it."""
        return Resource(cluster=cluster, node=self.name, sides=(self.side,))


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """A swarm's services and nodes, by name."""

    services: tuple[ServiceStock, ...] = ()
    nodes: tuple[NodeStock, ...] = ()

    def service(self, name: str) -> ServiceStock | None:
        """Return the service of that name."""
        return next((each for each in self.services if each.name == name), None)

    def node(self, name: str) -> NodeStock | None:
        """Return the node of that host name."""
        return next((each for each in self.nodes if each.name == name), None)


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """An inventory, and how long ago the worker saw that."""

    inventory: Inventory
    age: timedelta

    @property
    def is_stale(self) -> bool:
        """Whether the worker counts as away."""
        return self.age > STALE


def service_stock(view: ServiceView, networks: Mapping[str, str]) -> ServiceStock:
    """Return what is kept of a service; `networks` are names by id."""
    spec = view.spec
    template = spec.get("TaskTemplate") or {}
    container = template.get("ContainerSpec") or {}
    config = {**CHANGE_DEFAULTS, **(spec.get("UpdateConfig") or {})}
    return ServiceStock(
        name=view.name,
        image=images.familiar(str(container.get("Image") or "")),
        replicas=_replicas(spec),
        parallelism=int(config["Parallelism"]),
        delay=format_duration_ns(int(config.get("Delay") or 0)),
        order=str(config["Order"]),
        failure_action=str(config["FailureAction"]),
        constraints=tuple((template.get("Placement") or {}).get("Constraints") or ()),
        side=side_of(spec, networks),
    )


def _replicas(spec: Spec) -> int | None:
    replicated = (spec.get("Mode") or {}).get("Replicated")
    return None if replicated is None else int(replicated.get("Replicas") or 0)


def node_stock(view: NodeView) -> NodeStock:
    """Return what is kept of a node."""
    return NodeStock(
        name=view.hostname,
        availability=view.availability,
        labels=dict(view.labels),
        side=node_side(view.spec),
    )


def repository_of(image: str) -> str:
    """Return an image's name without tag and digest; empty for what is no reference."""
    try:
        return images.split(image).repository
    except BadFlagValue:
        return ""


def tags_to_keep(tags: Sequence[str]) -> tuple[str, ...]:
    """Return the tags of a repository that are kept, the highest versions first."""
    return tuple(images.newest_first(tags)[:MOST_TAGS])
