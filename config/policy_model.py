"""The policy file as models: its keys, their types and defaults.

The JSON schema for editors and the checks come from these. What they cannot say (roles that do not
exist, rules that can never apply) is `config.policy_checks`'s business. What the rules mean is
decided in `bot.domain.policy`.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.policy_words import (
    Changing,
    ChannelId,
    Constraint,
    Cron,
    Duration,
    Event,
    GroupId,
    Label,
    Name,
    Pattern,
    Pause,
    Repository,
    Right,
    UserId,
    Zone,
)

_ONE = Field(min_length=1)
MOST_ENVIRONMENTS = 50
MOST_GRANTS = 500
"""Each is compared with all before it, when the file is read: that must not take seconds."""


class _Part(BaseModel):
    """Unknown keys are refused: a rule that is mistyped must not silently be none."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_alias=True, serialize_by_alias=False
    )


class Members(_Part):
    """Who: by Slack's ids. Empty means nobody."""

    everyone: bool = Field(default=False, description="All members of the workspace")
    users: tuple[UserId, ...] = Field(default=(), description="Ids of people, U… or W…")
    groups: tuple[GroupId, ...] = Field(default=(), description="Ids of user groups, S…")

    @property
    def is_empty(self) -> bool:
        """Whether nobody is in it."""
        return not (self.everyone or self.users or self.groups)


class Grant(_Part):
    """What a role may do. Each of the other keys narrows it; a key that is not there does not."""

    role: str = Field(description="One of `roles`")
    may: Annotated[tuple[Right, ...], _ONE] = Field(description="Groups of verbs")
    environments: Annotated[tuple[str, ...], _ONE] = Field(
        default=(), description="Only in these of `environments`"
    )
    services: Annotated[tuple[Pattern, ...], _ONE] = Field(
        default=(), description="Only services with such a name; * is anything, ? one character"
    )
    channels: Annotated[tuple[ChannelId, ...], _ONE] = Field(
        default=(), description="Only when typed in these channels, C… or G…"
    )
    clusters: Annotated[tuple[Name, ...], _ONE] = Field(
        default=(), description="Only in these clusters, by their full names"
    )


def _exactly_one(schema: dict[str, Any]) -> None:
    schema.update(minProperties=1, maxProperties=1)


class Match(_Part):
    """One key: `any` or `all` of several, or one thing to look at.

    A key that was not written holds nothing (`""`, `()`).
    """

    model_config = ConfigDict(json_schema_extra=_exactly_one)

    any: Annotated[tuple["Match", ...], _ONE] = Field(default=(), description="One of these holds")
    all: Annotated[tuple["Match", ...], _ONE] = Field(default=(), description="All of these hold")
    service: Pattern = Field(default="", description="The service's name")
    label: Label = Field(
        default="", description="`key` or `key=value` of the service, node or network"
    )
    constraint: Constraint = Field(default="", description="A placement constraint")
    network: Pattern = Field(default="", description="The name of a network that it is in")
    cluster: Pattern = Field(default="", description="The cluster's name")
    node: Pattern = Field(default="", description="The node's host name")

    @model_validator(mode="after")
    def _has_one_key(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError(
                "want exactly one of any, all, service, label, constraint, network, cluster, node; "
                "for several write `any: […]` or `all: […]`"
            )
        return self


class Approvals(_Part):
    """How many of whom must say yes."""

    required: int = Field(default=0, ge=0, le=20, description="So many different people; 0: none")
    approvers: Members = Field(default=Members(), description="Who may say yes or no")
    expires: Duration = Field(default="30m", validate_default=True, description="Then it is over")
    self_approval: bool = Field(default=False, description="The requester's own vote counts")
    remind: Duration | None = Field(
        default=None, description="So long before it expires, ask once more; unset: never"
    )
    verbs: Annotated[tuple[Changing, ...], _ONE] = Field(
        default=("update", "scale", "create", "remove"),
        description="What asks for it; anything else needs the right alone",
    )


class Notify(_Part):
    """Which channels hear of what happens here."""

    channels: tuple[ChannelId, ...] = Field(default=(), description="Ids, C… or G…")
    on: Annotated[tuple[Event, ...], _ONE] = Field(
        default=(
            "requested", "approved", "rejected", "expired", "started", "paused", "failed",
            "completed", "rolled_back",
        ),
        description="Of what they hear",
    )  # fmt: skip


class Freeze(_Part):
    """A period that comes again and again, in which nothing changes."""

    cron: Cron = Field(description="When it begins: five fields, in `timezone`")
    length: Duration = Field(alias="for", description="How long it lasts, for instance 64h")
    timezone: Zone = Field(default="UTC", description="For instance Europe/Berlin")
    reason: str = Field(default="", max_length=200, description="Is told to who is refused")
    passes: tuple[Changing, ...] = Field(
        default=("rollback",), alias="except", description="What goes on all the same"
    )


class Images(_Part):
    """Which images may run."""

    allow: Annotated[tuple[Repository, ...], _ONE] = Field(
        default=(), description="Patterns of registry and repository; unset: all"
    )
    require_digest: bool = Field(
        default=False, description="The typed line must name the digest (@sha256:…)"
    )


class Limits(_Part):
    """How far one command may go."""

    replicas: int | None = Field(default=None, ge=1, description="At most so many tasks")
    step: int | None = Field(default=None, ge=1, description="So many more or fewer at once")
    beyond: Literal["approve", "refuse"] = Field(
        default="refuse", description="What happens past a limit"
    )


class Defaults(_Part):
    """An update policy, as the docker CLI's --update-* flags."""

    parallelism: int | None = Field(default=None, ge=0, description="Tasks at once; 0: all")
    delay: Pause | None = Field(default=None, description="Between two batches")
    failure_action: Literal["pause", "continue", "rollback"] | None = Field(
        default=None, description="When a task fails"
    )
    monitor: Pause | None = Field(default=None, description="How long a new task is watched")
    max_failure_ratio: float | None = Field(
        default=None, ge=0, le=1, description="So many may fail, 0 to 1"
    )
    order: Literal["stop-first", "start-first"] | None = Field(
        default=None, description="Old task first, or new one"
    )


class Update(_Part):
    """What rollouts get that name no update policy of their own."""

    defaults: Defaults = Field(default=Defaults(), description="For create and update")


class Environment(_Part):
    """A kind of place, and what it asks for."""

    match: Match | None = Field(default=None, description="What is in it; `default` has none")
    approvals: Approvals = Approvals()
    notify: Notify = Notify()
    freeze: tuple[Freeze, ...] = Field(default=(), description="Periods without changes")
    images: Images = Images()
    limits: Limits = Limits()
    update: Update = Update()


class Channel(_Part):
    """What holds in one channel."""

    cluster: Name = Field(description="Is meant there where a line names none")


class PolicyFile(_Part):
    """Who may do what where."""

    version: Literal[1] = Field(description="Of this format")
    roles: dict[Name, Members | None] | None = Field(default=None, description="Name → who")
    grants: tuple[Grant, ...] | None = Field(
        default=None, max_length=MOST_GRANTS, description="What roles may do"
    )
    environments: dict[Name, Environment | None] | None = Field(
        default=None,
        max_length=MOST_ENVIRONMENTS,
        description="The first that matches counts; `default` stands last",
    )
    channels: dict[ChannelId, Channel] | None = Field(
        default=None, description="Id, C… or G… → what holds there"
    )


def schema() -> dict[str, Any]:
    """Return the JSON schema of a policy file, for editors (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **PolicyFile.model_json_schema(mode="validation"),
        "title": "Waggle policy",
    }
