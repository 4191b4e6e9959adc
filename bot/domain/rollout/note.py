"""What a rollout says in its thread: one note an event.

The rendering makes the text from the rollout's state.
"""

from dataclasses import dataclass
from enum import StrEnum


class NoteKind(StrEnum):
    """The events that the thread tells."""

    STARTED = "started"  # the diff, who, why
    PROGRESS = "progress"
    FAILING = "failing"  # a task fails, and Swarm tries on: a create is never paused
    PAUSED = "paused"  # asks for people: broadcast
    STALLED = "stalled"  # asks for people: broadcast
    RESUMED = "resumed"
    UNSTUCK = "unstuck"
    KEPT_WAITING = "kept_waiting"
    ROLLBACK_STARTED = "rollback_started"  # by a person, or by Swarm's failure action
    REOPENED = "reopened"  # Swarm paused or rolled back after we had said completed
    ENDED = "ended"  # any final state: broadcast


@dataclass(frozen=True, kw_only=True)
class Note:
    """One note. `broadcast`: also shown in the channel; only the end and a call for help are."""

    kind: NoteKind
    broadcast: bool = False
