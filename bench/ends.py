"""What a channel showed when: read from the past of its messages, not watched for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.rendering.metadata import NOTE, ROLLOUT
from playground.workspace.seen import Seen


@dataclass(frozen=True, kw_only=True)
class Showing:
    """One thing that a message began to show.

    Attributes:
        rollout: whose message it is.
        kind: ROLLOUT for its one message, NOTE for what is said in its thread.
        word: the state that the one message shows, or what the note tells.
        at: seconds since the epoch.
        is_edit: the message stood there already.
    """

    rollout: str
    kind: str
    word: str
    at: float
    is_edit: bool


def showings(messages: Iterable[Seen]) -> list[Showing]:
    """Return all that they ever showed of rollouts, oldest first."""
    return sorted((each for seen in messages for each in _of(seen)), key=lambda each: each.at)


def _of(seen: Seen) -> Iterator[Showing]:
    for number, past in enumerate(seen.revisions):
        told: dict[str, Any] = past["metadata"] or {}
        kind, payload = told.get("event_type"), told.get("event_payload") or {}
        if kind in {ROLLOUT, NOTE}:
            yield Showing(
                rollout=str(payload["rollout_id"]),
                kind=kind,
                word=str(payload["state" if kind == ROLLOUT else "note"]),
                at=float(past["at"]),
                is_edit=number > 0,
            )


def first(found: Iterable[Showing], kind: str, word: str) -> dict[str, Showing]:
    """Return, by rollout, what first showed a word."""
    firsts: dict[str, Showing] = {}
    for each in found:
        if (each.kind, each.word) == (kind, word):
            firsts.setdefault(each.rollout, each)
    return firsts
