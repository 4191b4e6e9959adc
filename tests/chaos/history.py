"""What can be seen of a storm from outside: typed, answered, told, changed, written in the audit.

Plain values, so that the judge (tests.chaos.judge) can be given forged ones.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]

ACCEPTED = "accepted"
"""It was answered "Understood"."""
MAYBE = "maybe"
"""It got no answer, or one that leaves open whether it was recorded."""
NO = "no"
"""It was refused at once."""

PUBLIC_ENDS = frozenset({"completed", "rolled_back", "failed", "aborted", "superseded"})
PRIVATE_ENDS = frozenset({"refused", "unchanged", "shown"})
ACTION_ENDS = frozenset({"done", "refused"})


@dataclass(frozen=True, kw_only=True)
class Typed:
    """One line that a person typed.

    Attributes:
        token: stands in its reason, and in no other line's.
        verb: update, scale, rollback, abort or unlock.
        wants: what the spec is to have: `replicas`, `tag`, `label`.
        answer: ACCEPTED, MAYBE or NO.
        ids: of the records, as the answer named them.
    """

    token: str
    service: str
    verb: str
    answer: str
    wants: Mapping[str, Any] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    shown: str = ""
    at: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What the Engine showed of a service at one of its versions."""

    service: str
    version: int
    spec: Json
    previous: Json | None = None
    at: float = 0.0

    @property
    def mark(self) -> tuple[str, str]:
        """Which rollout posted it, and at which attempt; empty where none of ours did."""
        return mark_of(self.spec)

    def label(self, name: str) -> str:
        """Return one of Waggle's own labels."""
        return str((self.spec.get("Labels") or {}).get(f"waggle.{name}") or "")


@dataclass(frozen=True, kw_only=True)
class Told:
    """One message of the channel: the parent of a rollout (`note` is empty) or one in its thread.

    Attributes:
        state: as its metadata say last.
        moved_at: when it was posted, and each time it was edited; seconds since the epoch.
    """

    rollout: str
    service: str
    note: str = ""
    state: str = ""
    text: str = ""
    message_id: str = ""
    from_revision: int | None = None
    to_revision: int | None = None
    moved_at: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of the audit log, as `waggle audit export` wrote it."""

    what: str
    subject: str
    target: str = ""
    line: str = ""
    fingerprint: str = ""
    at: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Interruption:
    """One thing that was broken.

    Attributes:
        at: when; of a sleep: when it ended, unless somebody else could take over.
        broken_at: when it was broken: of a sleep, before it.
        back_at: when what was killed had been replaced, and Waggle was next seen to do something.
        in_flight: the rollouts whose end was waited for then, by what the channels showed.
        struck: the record that a struck work horse was at; of an action, and its rollout. Of other
            processes nobody outside knows.
        fenced: of a steward that slept: whether it was seen to have lost its lease.
    """

    what: str
    at: float
    broken_at: float
    back_at: float | None
    in_flight: tuple[str, ...] = ()
    struck: tuple[str, ...] = ()
    fenced: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one person alone was shown in a service's channel."""

    at: float
    service: str
    text: str


@dataclass(frozen=True, kw_only=True)
class GoneBack:
    """A `rollback --to` after the storm, and what the Engine showed then."""

    service: str
    revision: int
    state: str
    spec: Json


@dataclass(frozen=True, kw_only=True)
class History:
    """All of it.

    Attributes:
        specs: of each service, by version; the first is what the docker CLI made.
        image_events: how many events of a service told of a new image (`docker events`).
        running: the images of each service's tasks, after the storm.
        verdict: of `waggle audit verify`.
        private: the answers that were for one person alone; for evidence only.
        limited: how many calls of each method Slack's limits refused (429).
    """

    typed: Sequence[Typed]
    specs: Mapping[str, Sequence[Spec]]
    told: Sequence[Told]
    entries: Sequence[Entry]
    verdict: str
    running: Mapping[str, Sequence[str]]
    image_events: Mapping[str, int]
    gone_back: Sequence[GoneBack] = ()
    interruptions: Sequence[Interruption] = ()
    private: Sequence[Answer] = ()
    limited: Mapping[str, int] = field(default_factory=dict)

    def but(self, **other: Any) -> "History":
        """Return it with other values, as forgers need it."""
        return replace(self, **other)


def mark_of(spec: Mapping[str, Any] | None) -> tuple[str, str]:
    """Return the rollout and attempt of which a spec's labels tell."""
    labels = (spec or {}).get("Labels") or {}
    return str(labels.get("waggle.rollout") or ""), str(labels.get("waggle.attempt") or "")


def plain(spec: Mapping[str, Any], *, pace: bool = True) -> Json:
    """Return a spec without Waggle's labels; without `pace` also without its UpdateConfig."""
    bare: Json = copy.deepcopy(dict(spec))
    labels = bare.pop("Labels", None) or {}
    bare["Labels"] = {k: v for k, v in labels.items() if not k.startswith("waggle.")}
    bare.get("TaskTemplate", {}).setdefault("Placement", {})
    if not pace:
        bare.pop("UpdateConfig", None)
    return bare


def image_of(spec: Mapping[str, Any]) -> str:
    """Return the image with its digest."""
    return str(spec["TaskTemplate"]["ContainerSpec"]["Image"])


def replicas_of(spec: Mapping[str, Any]) -> int:
    """Return how many tasks are wanted."""
    return int(spec["Mode"]["Replicated"]["Replicas"])
