"""What a look or an act comes to: the next record, and what has to be done and said about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.record import Purpose, Rollout, RolloutState
from bot.domain.rollout.state import LIVE, move

ON_ITS_WAY = timedelta(minutes=1)
"""How long a post may be on its way when its sender is gone; the Engine answers or not by then."""

LEFT = frozenset({RolloutState.ABORTED, RolloutState.SUPERSEDED})
"""How a rollout ends when people turn away from it, perhaps in the middle of a post."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """The next record of a rollout.

    Attributes:
        rollout: equal to the one before when nothing changed.
        notes: for its thread, in order.
        needs_failure: something is wrong: fetch the failing task and its log, and put them in with
            `bot.domain.rollout.failure.told`.
        apply: it has a posting that is to be carried out.
    """

    rollout: Rollout
    notes: tuple[Note, ...] = ()
    needs_failure: bool = False
    apply: bool = False


def cut_short(rollout: Rollout, state: RolloutState, now: datetime, reason: str) -> Step:
    """The end of a rollout whose posting was refused, or met what somebody else did.

    A rollback that only had to put the revision's own UpdateConfig back has ended by then: all its
    tasks were back, so it ends `rolled_back` whatever comes between.
    """
    posting = rollout.posting
    if posting is None or posting.purpose is not Purpose.RESTORE:
        return ended(rollout, state, now, reason)
    back = RolloutState.ROLLING_BACK
    running = rollout if rollout.state is back else move(rollout, back)  # paused, or stalled
    why = f"All tasks were back; its own update settings may not be in force: {reason}"
    return ended(replace(running, left_behind=""), RolloutState.ROLLED_BACK, now, why)


def still_looked_at(before: Rollout, over: Step, now: datetime) -> Step:
    """The end of a rollout that people turn away from, perhaps in the middle of a post.

    Whether that post came through shows in what the Engine has live. The worker that made it says
    so, unless it was killed: then others look, for as long as a post may be on its way.
    """
    if not is_due(before):
        return over
    return replace(over, rollout=replace(over.rollout, watch_until=now + ON_ITS_WAY))


def is_due(rollout: Rollout) -> bool:
    """Whether a posting waits to be carried out."""
    posting = rollout.posting
    return rollout.state in LIVE and posting is not None and posting.posted_at is None


def was_left_due(rollout: Rollout) -> bool:
    """Whether it was left while its posting may have been on its way, which is still looked at."""
    posting = rollout.posting
    left = rollout.state in LEFT and rollout.watch_until is not None
    return left and posting is not None and posting.posted_at is None


def ended(rollout: Rollout, state: RolloutState, now: datetime, reason: str = "") -> Step:
    """The end of a rollout, told to the channel."""
    over = replace(
        move(rollout, state), ended_at=now, touched_at=now, reason=reason, converged_at=None
    )
    return Step(rollout=over, notes=(Note(kind=NoteKind.ENDED, broadcast=True),))
