"""The rules as values: roles, grants, environments, and what each environment asks for.

The file they come from is `config/policy_file.py`'s business; what they mean is `authorize`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class VerbGroup(StrEnum):
    """The groups of verbs that a policy grants."""

    READ = "read"
    SCALE = "scale"
    UPDATE = "update"
    ROLLBACK = "rollback"
    CREATE = "create"
    REMOVE = "remove"
    NODE = "node"
    LOCK = "lock"
    APPROVE = "approve"
    BREAK_GLASS = "break_glass"


class NotifyOn(StrEnum):
    """What a channel can be told of."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    STARTED = "started"
    PAUSED = "paused"
    STALLED = "stalled"
    FAILED = "failed"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled_back"
    ABORTED = "aborted"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, kw_only=True)
class Members:
    """Who: by Slack's ids only, because names can be chosen. Empty means nobody.

    Attributes:
        everyone: all members of the workspace.
        users: ids such as `U012AB`.
        groups: ids of user groups such as `S012AB`.
    """

    everyone: bool = False
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One line of `grants`. A None restricts nothing; an empty set lets nothing through.

    Attributes:
        name: how reasons call it: `grants[1] (operator)`.
        services: glob patterns (`web*`); with them, what is no service is not granted.
    """

    name: str
    role: str
    may: frozenset[VerbGroup]
    environments: frozenset[str] | None = None
    services: tuple[str, ...] | None = None
    channels: frozenset[str] | None = None
    clusters: frozenset[str] | None = None


class On(StrEnum):
    """What a criterion looks at."""

    SERVICE = "service"
    LABEL = "label"
    CONSTRAINT = "constraint"
    NETWORK = "network"
    CLUSTER = "cluster"
    NODE = "node"


@dataclass(frozen=True)
class Criterion:
    """One thing to look at: a glob for names, `key=value` (or `key`) for labels, a constraint."""

    on: On
    wanted: str


@dataclass(frozen=True)
class AnyOf:
    """True if any part is."""

    parts: tuple["Match", ...]


@dataclass(frozen=True)
class AllOf:
    """True if all parts are, and there is one."""

    parts: tuple["Match", ...]


Match = Criterion | AnyOf | AllOf


@dataclass(frozen=True, kw_only=True)
class ApprovalRule:
    """How many of whom must say yes, and how long they may take.

    Attributes:
        also: who says yes must be among each of these, too: a change from one environment into
            another needs people who count in both.
        remind: so long before it expires, it is asked for once more; None: never.
        verbs: what needs the approval; anything else needs the right alone.
    """

    required: int = 0
    approvers: Members = Members()
    also: tuple[Members, ...] = ()
    expires: timedelta = timedelta(minutes=30)
    self_approval: bool = False
    remind: timedelta | None = None
    verbs: frozenset[VerbGroup] = frozenset(
        {VerbGroup.UPDATE, VerbGroup.SCALE, VerbGroup.CREATE, VerbGroup.REMOVE}
    )


@dataclass(frozen=True, kw_only=True)
class NotifyRule:
    """Which channels hear of what."""

    channels: tuple[str, ...] = ()
    on: frozenset[NotifyOn] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Freeze:
    """A period that comes again and again, in which nothing changes.

    Attributes:
        cron: when it begins, five fields, in `timezone`.
        length: how long it lasts.
        passes: the groups of verbs that go on (`except` in the file).
    """

    cron: str
    length: timedelta
    timezone: str = "UTC"
    reason: str = ""
    passes: frozenset[VerbGroup] = frozenset({VerbGroup.ROLLBACK})


@dataclass(frozen=True, kw_only=True)
class ImageRule:
    """Which images may run.

    Attributes:
        allow: globs over `registry/repository`; None allows all.
        require_digest: the typed line must name the digest.
    """

    allow: tuple[str, ...] | None = None
    require_digest: bool = False


class Beyond(StrEnum):
    """What happens past a limit."""

    APPROVE = "approve"
    REFUSE = "refuse"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How far one command may go.

    Attributes:
        replicas: at most so many tasks.
        step: at most so many more or fewer at once.
    """

    replicas: int | None = None
    step: int | None = None
    beyond: Beyond = Beyond.REFUSE


@dataclass(frozen=True, kw_only=True)
class UpdateDefaults:
    """For updates whose line and service name no update policy; None says nothing."""

    parallelism: int | None = None
    delay: timedelta | None = None
    failure_action: str | None = None
    monitor: timedelta | None = None
    max_failure_ratio: float | None = None
    order: str | None = None


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A kind of place, and what it asks for. `match` None matches all (the default)."""

    name: str
    match: Match | None = None
    approvals: ApprovalRule = ApprovalRule()
    notify: NotifyRule = NotifyRule()
    freezes: tuple[Freeze, ...] = ()
    images: ImageRule = ImageRule()
    limits: Limits = Limits()
    update: UpdateDefaults = UpdateDefaults()


ELSEWHERE = Environment(name="default")
"""What matches no environment, where the file has no `default`: it asks for nothing more."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The rules in force. `open_to_all` is the word `open` (for trying out).

    Attributes:
        hash: stands in every plan.
        roles: name → who. A role that is not here has nobody.
        environments: the first that matches counts.
        channels: channel → the cluster that is meant there where a line names none.
    """

    open_to_all: bool = False
    hash: str = "none"
    roles: Mapping[str, Members] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()
    environments: tuple[Environment, ...] = ()
    channels: Mapping[str, str] = field(default_factory=dict)

    @property
    def groups(self) -> frozenset[str]:
        """All user groups that it names: who asks Slack need ask for no other."""
        members = [*self.roles.values(), *(e.approvals.approvers for e in self.environments)]
        return frozenset(group for each in members for group in each.groups)


OPEN = Policy(open_to_all=True, hash="open")
NOBODY = Policy()


@dataclass(frozen=True, kw_only=True)
class There:
    """A window's times by the clocks of its freeze's zone, for people; nothing is decided by them.

    Attributes:
        zone: its name, such as `Europe/Berlin`.
    """

    zone: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, kw_only=True)
class Window:
    """One occurrence of a freeze, worked out from its cron line by an adapter.

    Attributes:
        ends: the first moment after it. Both aware UTC.
        there: None when the zone is UTC.
    """

    environment: str
    begins: datetime
    ends: datetime
    reason: str = ""
    passes: frozenset[VerbGroup] = frozenset()
    there: There | None = None

    def holds(self, now: datetime) -> bool:
        """Return whether it is on."""
        return self.begins <= now < self.ends
