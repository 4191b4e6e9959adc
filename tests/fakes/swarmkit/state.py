"""What the simulated swarm holds."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.observation import UpdateState

TERMINAL = ("shutdown", "complete", "failed", "rejected", "remove", "orphaned")


def fake_id(number: int, prefix: str) -> str:
    """Return an id of Swarm's shape: 25 lower-case letters and digits."""
    digest = int(hashlib.sha256(f"{prefix}{number}".encode()).hexdigest(), 16)
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    out = ""
    while len(out) < 25:
        digest, rest = divmod(digest, 36)
        out += letters[rest]
    return out


def digest_of(name: str) -> str:
    """Return a plausible digest of a made-up image."""
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Image:
    """How containers of an image behave.

    Attributes:
        starts_in: until the container runs (or starts its health check).
        healthy_in: until the health check passes; None: there is none.
        unhealthy_in: until the health check fails the task; None: it does not.
        ends_in: until it exits; None: it serves for ever.
    """

    digest: str
    starts_in: timedelta = timedelta(seconds=0.5)
    healthy_in: timedelta | None = None
    unhealthy_in: timedelta | None = None
    ends_in: timedelta | None = None
    exit_code: int = 0
    log: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Task:
    """A task with the template that it was made from."""

    id: str
    service_id: str
    slot: int
    node_id: str
    template: JsonObject
    ports: Any
    created: datetime
    desired: str = "ready"
    state: str = "new"
    message: str = "created"
    error: str = ""
    exit_code: int | None = None
    state_at: datetime
    ran_at: datetime | None = None
    iteration: int | None = None
    attempt: int = 0
    log: list[tuple[datetime, str, str]] = field(default_factory=list)

    @property
    def image(self) -> str:
        """The image as in the spec."""
        return str(self.template["ContainerSpec"]["Image"])

    @property
    def wanted(self) -> bool:
        """Swarm does not mean to stop it."""
        return self.desired not in TERMINAL

    @property
    def ended(self) -> bool:
        """It has run."""
        return self.state in TERMINAL


@dataclass(kw_only=True)
class Service:
    """A service; `pinned` are global slots (node ids)."""

    id: str
    name: str
    version: int
    spec: Spec
    created: datetime
    updated: datetime
    previous: Spec | None = None
    update_state: UpdateState = UpdateState.NONE
    update_message: str = ""
    update_started: datetime | None = None
    iteration: int = 0

    @property
    def template(self) -> JsonObject:
        """The task template."""
        template: JsonObject = self.spec["TaskTemplate"]
        return template

    @property
    def ports(self) -> Any:
        """Published ports: a change of these replaces tasks, too."""
        return (self.spec.get("EndpointSpec") or {}).get("Ports")

    @property
    def is_global(self) -> bool:
        """One task a node."""
        return "Global" in self.spec["Mode"] or "GlobalJob" in self.spec["Mode"]

    @property
    def is_job(self) -> bool:
        """Runs to completion."""
        return "GlobalJob" in self.spec["Mode"] or "ReplicatedJob" in self.spec["Mode"]

    @property
    def replicas(self) -> int:
        """Wanted slots of a replicated service or job."""
        mode = self.spec["Mode"]
        if "ReplicatedJob" in mode:
            job = mode["ReplicatedJob"] or {}
            return int(job.get("TotalCompletions") or job.get("MaxConcurrent") or 1)
        return int((mode.get("Replicated") or {}).get("Replicas", 1))


@dataclass(kw_only=True)
class Node:
    """A node."""

    id: str
    hostname: str
    role: str = "worker"
    availability: str = "active"
    up: bool = True
    leader: bool = False
    version: int = 1
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Network:
    """A network."""

    id: str
    name: str
    driver: str = "overlay"
    scope: str = "swarm"
    attachable: bool = False
    internal: bool = False
    ingress: bool = False
    labels: dict[str, str] = field(default_factory=dict)
