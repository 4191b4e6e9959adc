"""What a look or an act comes to: the next record, and what has to be done and said about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.record import Purpose, Rollout, RolloutState
from bot.domain.rollout.state import move


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


def ended(rollout: Rollout, state: RolloutState, now: datetime, reason: str = "") -> Step:
    """The end of a rollout, told to the channel."""
    over = replace(
        move(rollout, state), ended_at=now, touched_at=now, reason=reason, converged_at=None
    )
    return Step(rollout=over, notes=(Note(kind=NoteKind.ENDED, broadcast=True),))
