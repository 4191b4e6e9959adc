"""What GET /events tells: changes of services, nodes, networks, secrets and configs.

Tasks are not among them, as in SwarmKit. The newest 256 are kept for who asks `since`.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from playground.simulator.model.state import Json

_KEPT = 256


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """One event; `kind` and `action` are the Engine's Type and Action."""

    kind: str
    action: str
    id: str
    attributes: Mapping[str, str]
    at: datetime


class Occurrences:
    """The ring of past events, and who listens."""

    def __init__(self) -> None:
        self.past: deque[Occurrence] = deque(maxlen=_KEPT)
        self._listeners: list[Callable[[Occurrence], None]] = []

    def note(self, occurrence: Occurrence) -> None:
        """Tell everybody."""
        self.past.append(occurrence)
        for listener in list(self._listeners):
            listener(occurrence)

    def listen(self, listener: Callable[[Occurrence], None]) -> Callable[[], None]:
        """Call `listener` for every event from now on; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


def differences(before: Json, after: Json) -> dict[str, str]:
    """Return what an event tells of two specs: their images and replicas."""
    images = [s["TaskTemplate"]["ContainerSpec"]["Image"] for s in (before, after)]
    counts = [_replicas(s) for s in (before, after)]
    told: dict[str, str] = {}
    if images[0] != images[1]:
        told |= {"image.old": images[0], "image.new": images[1]}
    if counts[0] != counts[1]:
        told |= {"replicas.old": str(counts[0]), "replicas.new": str(counts[1])}
    return told


def _replicas(spec: Json) -> object:
    return (spec["Mode"].get("Replicated") or {}).get("Replicas")
