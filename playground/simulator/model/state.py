"""What the simulated swarm holds."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

TERMINAL = ("shutdown", "complete", "failed", "rejected", "remove", "orphaned")
Json = dict[str, Any]
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


def new_id(number: int, kind: str) -> str:
    """Return an id of Swarm's shape: 25 lower-case letters and digits."""
    digest = int(hashlib.sha256(f"{kind}{number}".encode()).hexdigest(), 16)
    out = ""
    while len(out) < 25:
        digest, rest = divmod(digest, 36)
        out += _LETTERS[rest]
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
        log: lines that it writes when it starts.
        errors: lines that it writes to stderr when it ends by itself.
        created: when it was built.
        size: of its one layer, which is nowhere.
    """

    digest: str
    starts_in: timedelta = timedelta(seconds=0.5)
    healthy_in: timedelta | None = None
    unhealthy_in: timedelta | None = None
    ends_in: timedelta | None = None
    exit_code: int = 0
    log: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    created: datetime | None = None
    size: int = 0


@dataclass(kw_only=True)
class Task:
    """A task with the template that it was made from. Only `World` changes it."""

    id: str
    service_id: str
    slot: int
    node_id: str
    template: Json
    ports: Any
    networks: Any = None
    created: datetime
    version: int
    desired: str = "ready"
    state: str = "new"
    message: str = "created"
    error: str = ""
    exit_code: int | None = None
    container: str = ""
    state_at: datetime
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

    @property
    def place(self) -> int | str:
        """Its slot, or, of a global service, its node."""
        return self.slot or self.node_id


@dataclass(kw_only=True)
class Service:
    """A service.

    Attributes:
        update_state: the Engine's word, empty for none.
        iteration: of a job: how often it was posted anew; its newest tasks are of this one.
    """

    id: str
    name: str
    version: int
    spec: Json
    created: datetime
    updated: datetime
    previous: Json | None = None
    update_state: str = ""
    update_message: str = ""
    update_started: datetime | None = None
    update_ended: datetime | None = None
    iteration: int = 0
    executed: datetime | None = None
    endpoint: Json = field(default_factory=dict)

    @property
    def template(self) -> Json:
        """The task template."""
        template: Json = self.spec["TaskTemplate"]
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

    @property
    def concurrent(self) -> int:
        """How many tasks of a replicated job may run at once."""
        return int((self.spec["Mode"].get("ReplicatedJob") or {}).get("MaxConcurrent") or 1)


@dataclass(kw_only=True)
class Node:
    """A node; `spec` as GET shows it."""

    id: str
    hostname: str
    address: str
    created: datetime
    updated: datetime
    spec: Json
    up: bool = True
    leader: bool = False
    version: int = 1

    @property
    def labels(self) -> dict[str, str]:
        """Its labels in the swarm."""
        return dict(self.spec.get("Labels") or {})

    @property
    def role(self) -> str:
        """Manager or worker."""
        return str(self.spec["Role"])

    @property
    def availability(self) -> str:
        """Active, pause or drain."""
        return str(self.spec["Availability"])


@dataclass(kw_only=True)
class Network:
    """A network."""

    id: str
    name: str
    created: datetime
    subnet: str = ""
    driver: str = "overlay"
    scope: str = "swarm"
    attachable: bool = False
    internal: bool = False
    ingress: bool = False
    options: dict[str, str] | None = None
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Piece:
    """A secret or a config."""

    id: str
    spec: Json
    created: datetime
    updated: datetime
    version: int
