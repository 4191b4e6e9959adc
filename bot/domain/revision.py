"""Revisions.

Every spec that we applied or found, numbered from 1 per service, so that any of them can be gone
back to.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.jsontypes import Spec


class Mark(StrEnum):
    """What became of a revision.

    A rollback goes to the nearest GOOD one that ran before, and never to a BAD one unless asked by
    number.
    """

    UNKNOWN = "unknown"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, kw_only=True)
class RevisionEntry:
    """One line of a service's history.

    Attributes:
        number: from 1.
        spec_hash: hash of the spec without `waggle.` labels.
        image: as in the spec, `name:tag@sha256:…`.
        summary: the diff in a few words.
        actor: Slack user id; None when it was found (made by another tool).
        found: True when Waggle did not make it.
        after: the revision that was current before it; None for the first, and in old records.
        posted_hash: hash of what was posted when it was last gone back to, where that differs from
            `spec_hash`: its replicas were kept, or a network was made anew.
    """

    number: int
    spec_hash: str
    image: str
    at: datetime
    summary: str = ""
    actor: str | None = None
    rollout_id: str | None = None
    reason: str = ""
    mark: Mark = Mark.UNKNOWN
    found: bool = False
    after: int | None = None
    posted_hash: str | None = None

    def is_live_as(self, live_hash: str) -> bool:
        """Whether a live spec of that hash is this revision."""
        return live_hash in (self.spec_hash, self.posted_hash)


@dataclass(frozen=True, kw_only=True)
class Author:
    """Whose rollout has posted a service: what a list tells without reading the rollout itself.

    Attributes:
        rollout_id: the one that the service's label names.
        user: Slack's id of who asked for it.
        at: when it began.
    """

    rollout_id: str
    user: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class History:
    """The revisions of one service, oldest first, and which one is current (0: none yet).

    Record id: cluster + service id.

    Attributes:
        author: of what was posted last; None in old records, and before anything was.
    """

    cluster: str
    service_id: str
    service: str
    entries: tuple[RevisionEntry, ...] = ()
    current: int = 0
    author: Author | None = None

    @property
    def id(self) -> str:
        """The record's id."""
        return f"{self.cluster}:{self.service_id}"


@dataclass(frozen=True, kw_only=True)
class RevisionSpec:
    """The full spec of one revision.

    Network ids are kept with their names (a network may be made anew).

    Attributes:
        spec: as it was first applied or found; never changed.
        posted: as it was last gone back to, where that differs; who goes back to it again goes
            back to what ran last.
    """

    cluster: str
    service_id: str
    number: int
    spec: Spec
    network_names: dict[str, str] = field(default_factory=dict)
    posted: Spec | None = None

    @property
    def id(self) -> str:
        """The record's id."""
        return f"{self.cluster}:{self.service_id}:{self.number}"
