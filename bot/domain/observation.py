"""What the swarm shows at one moment.

Plain values that the engine adapter fills and the domain judges.

The words are Swarm's own (docs/glossary.md). Times are aware UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.jsontypes import JsonObject, Spec


class UpdateState(StrEnum):
    """The Engine's `UpdateStatus.State`.

    NONE when the field is absent, which does not mean idle.
    """

    NONE = ""
    UPDATING = "updating"
    PAUSED = "paused"
    COMPLETED = "completed"
    ROLLBACK_STARTED = "rollback_started"
    ROLLBACK_PAUSED = "rollback_paused"
    ROLLBACK_COMPLETED = "rollback_completed"


class Mode(StrEnum):
    """A service's mode, as `docker service create --mode` names it."""

    REPLICATED = "replicated"
    GLOBAL = "global"
    REPLICATED_JOB = "replicated-job"
    GLOBAL_JOB = "global-job"


@dataclass(frozen=True, kw_only=True)
class ServiceView:
    """One service as GET /services shows it.

    Attributes:
        version: `Version.Index`; it also moves by Swarm's own writes, so it says nothing of who
            changed what.
        spec: the raw `Spec`.
        previous_spec: the raw `PreviousSpec`, if any.
        update_message: `UpdateStatus.Message`.
        update_started_at: `UpdateStatus.StartedAt`: which update it is; Swarm's own rollback of one
            keeps it, any post wipes it (SwarmKit, orchestrator/update and controlapi).
    """

    id: str
    name: str
    version: int
    spec: Spec
    previous_spec: Spec | None = None
    update_state: UpdateState = UpdateState.NONE
    update_message: str = ""
    update_started_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)  # there are thousands
class TaskView:
    """One task as GET /tasks shows it.

    Attributes:
        slot: 0 for a global service's task.
        desired: `DesiredState`, for instance `running` or `shutdown`.
        state: `Status.State`, for instance `running`, `failed`, `rejected`, `pending`.
        error: `Status.Err`, else empty; text by third parties, escape it before it is shown.
        exit_code: of the container, None when it never ran.
        up_to_date: the Engine's own word (filter `_up-to-date`) that the task runs the service's
            present spec.
        job_iteration: for job-mode services, `JobIteration.Index`.
    """

    id: str
    service_id: str
    slot: int
    node_id: str
    desired: str
    state: str
    message: str = ""
    error: str = ""
    exit_code: int | None = None
    image: str = ""
    up_to_date: bool = False
    created_at: datetime | None = None
    state_at: datetime | None = None
    job_iteration: int | None = None


@dataclass(frozen=True, kw_only=True)
class NodeView:
    """One node as GET /nodes shows it; `spec` is raw, for read-modify-write with `version`.

    Attributes:
        os, arch: its platform as it says itself (`linux`, `x86_64`); empty: it did not say.
        labels: the node's; `engine_labels` are those that its daemon was started with.
        cpus: in billionths of one; None: it did not say.
        memory: bytes; None: it did not say.
        generic: how many it has of each generic resource (`dockerd --node-generic-resource`), those
            that have names counted; None: it did not say what it has at all.
        raw: the whole object, to be shown; nothing in it is secret (`TLSInfo` is the CA's public
            side), and its instants make no node another one.
    """

    id: str
    hostname: str
    status: str
    availability: str
    role: str
    version: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    spec: JsonObject = field(default_factory=dict)
    leader: bool = False
    engine: str = ""
    address: str = ""
    engine_labels: dict[str, str] = field(default_factory=dict)
    os: str = ""
    arch: str = ""
    cpus: int | None = None
    memory: int | None = None
    generic: dict[str, int] | None = None
    raw: JsonObject = field(default_factory=dict, compare=False, repr=False)


PREDEFINED = frozenset({"bridge", "host", "none"})
"""Networks that every Engine has of its own, and refuses to remove (moby IsPredefined)."""


@dataclass(frozen=True, kw_only=True)
class NetworkView:
    """One network as GET /networks shows it."""

    id: str
    name: str
    driver: str
    scope: str
    attachable: bool = False
    internal: bool = False
    ingress: bool = False
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TagView:
    """One tag of a repository as its registry shows it.

    Attributes:
        digest: of what the tag is now, as a service has it; empty where it could not be learned.
        created_at: when the image was built; None where it does not say.
        size: what a node pulls, in bytes; None where it could not be learned.
    """

    name: str
    digest: str = ""
    created_at: datetime | None = None
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class PieceView:
    """One secret or config as GET /secrets or /configs shows it; never what it holds.

    Attributes:
        driver: of a secret that another store keeps; empty: Swarm itself.
    """

    id: str
    name: str
    driver: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Observation:
    """All that one tick saw of one service.

    Attributes:
        service: None when the Engine knows no such service (it was removed).
        tasks: the tasks that Swarm wants (desired state not terminal) and, for job modes, the
            complete ones of the iteration.
        failures: recent tasks of this service that failed or were rejected, newest first; asked for
            only when something is wrong.
        nodes: all nodes by id.
    """

    service: ServiceView | None
    tasks: tuple[TaskView, ...] = ()
    failures: tuple[TaskView, ...] = ()
    nodes: dict[str, NodeView] = field(default_factory=dict)
