"""A rollout that nothing can be seen or done of: after its deadline people have to know.

Nothing is concluded from silence but that it is silent. The posting stays due, the look goes on:
once Docker answers, the rollout gets on by itself.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.outcome import Step
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.state import move
from bot.domain.units import format_duration

UNSEEN = "Docker does not answer, so nobody knows how it stands"
UNSENT = "its last step could not be sent to Docker yet"

_WAITS = frozenset({RolloutState.PROGRESSING, RolloutState.ROLLING_BACK})


def stalled_unseen(rollout: Rollout, why: str, now: datetime) -> Step | None:
    """Return the step to `stalled` once the deadline has passed, else None.

    Args:
        rollout: live; one that is paused or stalled has called for help already.
        why: what is the matter, as the end of a sentence.
        now: aware UTC.
    """
    since = rollout.progress_at or rollout.started_at
    if rollout.state not in _WAITS or since is None or now - since < _patience(rollout):
        return None
    reason = f"no progress for {format_duration(rollout.deadline)}: {why}"
    stalled = replace(move(rollout, RolloutState.STALLED), reason=reason, touched_at=now)
    return Step(rollout=stalled, notes=(Note(kind=NoteKind.STALLED, broadcast=True),))


def _patience(rollout: Rollout) -> timedelta:
    """The deadline, and a delay between tasks that was asked for: that is no standing still."""
    spec = rollout.posting.spec if rollout.posting else {}
    nanoseconds = int((spec.get("UpdateConfig") or {}).get("Delay") or 0)
    return rollout.deadline + timedelta(microseconds=nanoseconds // 1000)
