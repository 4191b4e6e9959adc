"""A service's history: which revisions there are, which one is current, which are good.

Pure functions from one History to the next.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain.plan import Kind
from bot.domain.revision import History, Mark, RevisionEntry


def next_number(history: History) -> int:
    """The number of the next revision; numbers start at 1 and are never used twice."""
    return history.entries[-1].number + 1 if history.entries else 1


def entry_of(history: History, number: int) -> RevisionEntry | None:
    """The line of that number."""
    return next((entry for entry in history.entries if entry.number == number), None)


def found(history: History, spec_hash: str, image: str, at: datetime) -> History:
    """The history once the live spec has been looked at.

    A live spec that is not the current revision was set by another tool: an earlier one that is
    live again becomes current, an unknown one is recorded. The caller stores the spec of a new
    entry under its number.
    """
    current = entry_of(history, history.current)
    if current is not None and current.is_live_as(spec_hash):
        return history
    same = [entry for entry in history.entries if entry.is_live_as(spec_hash)]
    if same:
        return made_current(history, same[-1].number)
    entry = RevisionEntry(
        number=next_number(history),
        spec_hash=spec_hash,
        image=image,
        at=at,
        summary="found running",
        found=True,
    )
    return made_current(appended(history, entry), entry.number)


def live_entry(history: History, spec_hash: str) -> RevisionEntry | None:
    """The line that a live spec is: the current one if it can be, else the newest like it."""
    current = entry_of(history, history.current)
    if current is not None and current.is_live_as(spec_hash):
        return current
    same = [entry for entry in history.entries if entry.is_live_as(spec_hash)]
    return same[-1] if same else None


def is_drifted(history: History, spec_hash: str) -> bool:
    """Whether a live spec is not the current revision; who has no revisions yet has no drift."""
    entry = live_entry(history, spec_hash)
    return bool(history.entries) and (entry is None or entry.number != history.current)


def appended(history: History, entry: RevisionEntry) -> History:
    """With a new line at the end, after the current one; its number must be the next one.

    Raises:
        ValueError: another number.
    """
    if entry.number != next_number(history):
        raise ValueError(f"revision {entry.number} is not the next of {history.service}")
    entry = replace(entry, after=history.current or None)
    return replace(history, entries=(*history.entries, entry))


def marked(history: History, number: int, mark: Mark) -> History:
    """With that revision's mark set."""
    entries = tuple(
        replace(entry, mark=mark) if entry.number == number else entry for entry in history.entries
    )
    return replace(history, entries=entries)


def made_current(history: History, number: int) -> History:
    """With that revision current.

    Raises:
        ValueError: there is none of that number.
    """
    if entry_of(history, number) is None:
        raise ValueError(f"{history.service} has no revision {number}")
    return replace(history, current=number)


def gone_back(history: History, number: int, posted_hash: str) -> History:
    """After going back to `number`, as what it was posted then.

    Raises:
        ValueError: there is none of that number.
    """
    known = made_current(history, number)
    entries = tuple(
        replace(entry, posted_hash=None if posted_hash == entry.spec_hash else posted_hash)
        if entry.number == number
        else entry
        for entry in known.entries
    )
    return replace(known, entries=entries)


def completed(history: History, number: int) -> History:
    """After a rollout to `number` that completed: it is current and good."""
    return marked(made_current(history, number), number, Mark.GOOD)


def rolled_back(history: History, bad: int | None, to: int) -> History:
    """After going back from `bad` to `to`: what was left is bad, so it is not returned to."""
    if bad is not None:  # if it is `to` itself, it is good in the next line
        history = marked(history, bad, Mark.BAD)
    return completed(history, to)


def left_by(kind: Kind, from_revision: int | None, to_revision: int | None) -> int | None:
    """The revision that going back leaves: what an update made, or what a rollback started at.

    None for a rollback to a newer one: who goes there says nothing against the one that they leave.
    """
    if kind is not Kind.ROLLBACK:
        return to_revision
    if from_revision is not None and to_revision is not None and to_revision > from_revision:
        return None
    return from_revision
