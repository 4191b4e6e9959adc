"""What reads of services and of their images found, as values."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.health import Health
from bot.domain.listed import Paged
from bot.domain.lock import Lock
from bot.domain.observation import TagView, UpdateState
from bot.domain.plan import FieldChange
from bot.domain.policy import Window
from bot.domain.revision import RevisionEntry


@dataclass(frozen=True, kw_only=True)
class ServiceRow:
    """A line of `services`. `running` and `wanted` are tasks.

    Attributes:
        health: how it does, and what makes that so.
        rollout: the live rollout's id and state, if any.
        drift: it runs something else than its current revision.
        changed_at, changed_by: the last change; nobody is named where another tool made it.
    """

    name: str
    mode: str
    running: int
    wanted: int
    image: str
    ports: str = ""
    rollout: str = ""
    health: Health = field(default_factory=Health)
    drift: bool = False
    changed_at: datetime | None = None
    changed_by: str = ""


@dataclass(frozen=True, kw_only=True)
class ServiceList(Paged):
    """The answer to `services`: what needs a look stands first. `at` is when it was looked up."""

    rows: tuple[ServiceRow, ...]
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class UpdateWords:
    """What the Engine says of a service's last update; `message` is a third party's text."""

    state: UpdateState
    message: str = ""
    began_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Tag:
    """An image's tag: what a service has of it, and what the registry has now.

    Attributes:
        image: without its digest.
        digest: the service's; empty: it has none.
        now: the registry's; None: nobody can tell; empty: the registry has no such tag any more.
    """

    image: str
    digest: str = ""
    now: str | None = None

    @property
    def has_moved(self) -> bool:
        """Whether the tag is another image now than the one that the service has."""
        return bool(self.digest) and self.now is not None and self.now != self.digest


@dataclass(frozen=True, kw_only=True)
class ServiceDetail:
    """The answer to `inspect`; env values are hidden already.

    Attributes:
        row: how it does, as in a list.
        cluster: where it runs.
        at: when it was looked up.
        update: what the Engine says of the last update: its state, its words, since when.
        runs: what its running tasks run: images with their numbers, the most first.
        revision: the revision that runs; None: none is, or there are none yet.
        current: the number of the current revision; 0: there is none.
        drift: what differs from the current revision.
        rollout: id of the rollout that made it so; empty: none is known.
        locks, freezes: what is in the way of an update now.
        unknown: what could not be told, a sentence each.
        tag: what its image's tag is now.
        fields: (name, value) of the spec, each by its flag's name.
    """

    row: ServiceRow
    cluster: str
    at: datetime
    id: str = ""
    created_at: datetime | None = None
    update: UpdateWords | None = None
    runs: tuple[tuple[str, int], ...] = ()
    revision: RevisionEntry | None = None
    current: int = 0
    drift: tuple[FieldChange, ...] = ()
    rollout: str = ""
    locks: tuple[Lock, ...] = ()
    freezes: tuple[Window, ...] = ()
    unknown: tuple[str, ...] = ()
    tag: Tag | None = None
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The service's name."""
        return self.row.name


@dataclass(frozen=True, kw_only=True)
class TagRow:
    """A line of `tags`.

    Attributes:
        runs: services that the person may read and that run what the tag is now.
        moved: those that name the tag and have another image than it is now.
    """

    tag: TagView
    runs: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TagList(Paged):
    """The answer to `tags`: those that were looked at, the newest first, then the other names.

    Attributes:
        repository: as people write it.
        at: when it was looked up.
        is_cut: the registry has more tags than were read; which, nobody knows.
        unlooked: how many were not looked at; they are the last ones.
        digests_only: the registry is one that is asked for nothing else.
        elsewhere: services that run an image of this repository that no tag here is.
    """

    repository: str
    at: datetime
    rows: tuple[TagRow, ...] = ()
    is_cut: bool = False
    unlooked: int = 0
    digests_only: bool = False
    elsewhere: tuple[str, ...] = ()
