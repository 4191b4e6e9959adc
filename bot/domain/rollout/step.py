"""One look at a live rollout: from what the swarm shows to the next record, and what to say.

    the service is gone                                   → failed
    a spec that is neither ours nor Swarm's way back      → superseded
    the swarm is older than our post (restored)           → superseded, unless our spec is live
    (of either nothing is concluded for a while: bot.domain.lag)
    Swarm goes back by its failure action                 → rolling_back, going_back
    (from a retry only to the try before: then we go back for it)
    Swarm has paused                                      → paused
    every place right through the monitor window          → completed | rolled_back
    (after a posting that goes back: first the revision's own UpdateConfig is posted again)
    nothing gets on for the deadline                      → stalled, and back when it does

Nothing here is told to anybody: the caller commits the record first, then speaks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.convergence import Measured, Progress, measure
from bot.domain.convergence.waits import DELAY
from bot.domain.lag import may_lag
from bot.domain.observation import Observation, ServiceView
from bot.domain.rollout.doubt import believed, doubted
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.outcome import Step, cut_short, ended
from bot.domain.rollout.posting import with_back, with_restore
from bot.domain.rollout.record import Posting, Purpose, Rollout, RolloutState
from bot.domain.rollout.standing import PAUSES, Standing, standing
from bot.domain.rollout.state import LIVE, move, running_state
from bot.domain.rollout.words import changed_outside, live_words, restored
from bot.domain.units import format_duration

__all__ = ["Step", "step"]

_MOST_PROGRESS_NOTES = 10
_BETWEEN_CRASHES = ("", "start", "restart delay", "a task to start")
_NOT_BEGUN = ("", "running", "complete")
"""States of a place that is not right, in which no task of the posted spec has been tried."""
_S = RolloutState


def step(rollout: Rollout, seen: Observation, now: datetime) -> Step:
    """The next record of a live rollout whose posting has been carried out.

    Anything else (ended, or the posting is still to be carried out) is returned as it is.
    """
    posting = rollout.posting
    if rollout.state not in LIVE or posting is None or posting.posted_at is None:
        return Step(rollout=rollout)
    service = seen.service
    if may_lag(service, posting.version):
        waits = doubted(rollout, now)
        return Step(rollout=waits) if waits else _older(believed(rollout), posting, seen, now)
    return _judged(believed(rollout), posting, seen, now)


def _judged(rollout: Rollout, posting: Posting, seen: Observation, now: datetime) -> Step:
    service = seen.service
    if service is None:
        return cut_short(rollout, _S.FAILED, now, f"{rollout.service} was removed meanwhile.")
    match standing(rollout, posting, service):
        case Standing.FOREIGN:
            return _superseded(rollout, posting, service, now)
        case Standing.SWARMS_ROLLBACK | Standing.FELL_SHORT as way if not rollout.going_back:
            return goes_back(way, rollout, service, seen, now)
        case _:
            return _supervised(rollout, service, seen, now)


def _older(rollout: Rollout, posting: Posting, seen: Observation, now: datetime) -> Step:
    """The service is gone, or from before our post, and that has lasted.

    Managers that were restored from a backup count on from there. What is live now is then judged
    by its spec alone.
    """
    if (service := seen.service) is None:
        return _judged(rollout, posting, seen, now)
    present = replace(posting, version=service.version)
    anew = replace(rollout, posting=present, touched_at=now)
    if standing(anew, present, service) is not Standing.FOREIGN:
        return _judged(anew, present, seen, now)
    left = replace(rollout, left_behind=live_words(service.name, service.spec))
    return cut_short(left, _S.SUPERSEDED, now, restored(rollout))


def _superseded(rollout: Rollout, posting: Posting, service: ServiceView, now: datetime) -> Step:
    why = changed_outside(rollout, posting.spec, service.spec)
    left = replace(rollout, left_behind=live_words(service.name, service.spec))
    return cut_short(left, _S.SUPERSEDED, now, why)


def goes_back(
    way: Standing, rollout: Rollout, service: ServiceView, seen: Observation, now: datetime
) -> Step:
    """Swarm has gone back, or has tried to."""
    going = _swarm_goes_back(rollout, service, seen, now)
    return _go_back_for_swarm(going, service) if way is Standing.FELL_SHORT else going


def _swarm_goes_back(
    rollout: Rollout, service: ServiceView, seen: Observation, now: datetime
) -> Step:
    """Swarm's failure action (or somebody's `docker service rollback`) took the earlier spec."""
    reopened = rollout.state is _S.COMPLETED
    going = replace(
        move(rollout, _S.ROLLING_BACK),
        going_back=True,
        back_to=rollout.from_revision,
        reason=service.update_message or "Swarm rolled back by itself.",
        progress=measure(service, seen, now).progress,
        progress_at=now,
        touched_at=now,
        converged_at=None,
        ended_at=None,
        shown_hint="",
    )
    kind = NoteKind.REOPENED if reopened else NoteKind.ROLLBACK_STARTED
    return Step(rollout=going, notes=(Note(kind=kind, broadcast=reopened),), needs_failure=True)


def _go_back_for_swarm(going: Step, service: ServiceView) -> Step:
    """Do what the failure action asks for, after a retry: there, Swarm's own way leads nowhere."""
    plan, live = going.rollout.plan, going.rollout.posting
    if plan is None or plan.base_spec is None or live is None:  # pragma: no cover - it fell short
        return going
    why = f"Swarm's own rollback ({service.update_message}) reached only an earlier try of it."
    asked = replace(going.rollout, reason=why, blame=None)
    back = with_back(asked, plan.base_spec, asked.back_to, live.live_hash)
    return replace(going, rollout=back, apply=True)


def swarm_pauses(rollout: Rollout, service: ServiceView, now: datetime) -> Step:
    """Swarm stopped the update, or its rollback, and waits for people."""
    reopened = rollout.state is _S.COMPLETED
    paused = replace(
        move(rollout, _S.PAUSED),
        reason=service.update_message or "Swarm paused the update.",
        touched_at=now,
        converged_at=None,
        ended_at=None,
    )
    kind = NoteKind.REOPENED if reopened else NoteKind.PAUSED
    return Step(rollout=paused, notes=(Note(kind=kind, broadcast=True),), needs_failure=True)


def _supervised(rollout: Rollout, service: ServiceView, seen: Observation, now: datetime) -> Step:
    found = measure(service, seen, now)
    if service.update_state in PAUSES:
        looked = _looked(rollout, found, now)
        return (
            Step(rollout=looked)
            if rollout.state is _S.PAUSED
            else swarm_pauses(looked, service, now)
        )
    if rollout.state is _S.PAUSED:  # somebody resumed it outside: any post does
        looked = _looked(rollout, found, now)
        return _gets_on(replace(looked, progress_at=now), NoteKind.RESUMED, now)
    if found.all_right:
        return _all_right(rollout, found, now)
    return _on_the_way(rollout, found, now)


def _looked(rollout: Rollout, found: Measured, now: datetime) -> Rollout:
    """With this look's progress; the score is the highest ever, so that a crash loop is none."""
    best = max(found.progress.score, rollout.progress.score if rollout.progress else 0)
    progress = replace(found.progress, score=best)
    grew = rollout.progress is None or best > rollout.progress.score
    at = now if grew or rollout.progress_at is None else rollout.progress_at
    if progress == rollout.progress and at == rollout.progress_at:
        return rollout
    return replace(rollout, progress=progress, progress_at=at, touched_at=now)


def _gets_on(rollout: Rollout, kind: NoteKind, now: datetime) -> Step:
    moved = replace(move(rollout, running_state(rollout)), reason="", touched_at=now)
    return Step(rollout=moved, notes=(Note(kind=kind),))


def _all_right(rollout: Rollout, found: Measured, now: datetime) -> Step:
    steady = rollout.converged_at is not None and _same_tasks(rollout.progress, found.progress)
    looked = _looked(rollout, found, now)
    if not steady:
        looked = replace(looked, converged_at=now, touched_at=now)
    held = now - (looked.converged_at or now) >= _window(rollout, found)
    if rollout.state is _S.STALLED:
        # A task that only crashes and starts again is right for a moment, too: that is no way on.
        on = held or looked.progress_at != rollout.progress_at
        return _gets_on(looked, NoteKind.PROGRESS, now) if on else Step(rollout=looked)
    return _finished(looked, now) if held else _with_hint(looked)


def _window(rollout: Rollout, found: Measured) -> timedelta:
    # After RESTORE no task was touched, and the window had passed before it.
    restoring = rollout.posting is not None and rollout.posting.purpose is Purpose.RESTORE
    return timedelta() if restoring else found.monitor


def _same_tasks(before: Progress | None, now: Progress) -> bool:
    # A task that failed and was replaced between two looks breaks the window, too.
    if before is None:
        return False
    return [s.task_id for s in before.slots] == [s.task_id for s in now.slots]


def _finished(rollout: Rollout, now: datetime) -> Step:
    done = rollout
    if done.progress is not None:
        done = replace(done, progress=replace(done.progress, waiting_for=""))
    if not done.going_back:  # a task that failed on the way and runs now is no story any more
        return ended(replace(done, failure=None), _S.COMPLETED, now)
    posting = done.posting
    if posting is not None and posting.restore is not None:
        again = with_restore(done, posting.restore, posting.live_hash)
        return Step(rollout=replace(again, touched_at=now), apply=True)
    return ended(done, _S.ROLLED_BACK, now, done.reason)


def _on_the_way(rollout: Rollout, found: Measured, now: datetime) -> Step:
    looked = _looked(rollout, found, now)
    if looked.converged_at is not None:
        looked = replace(looked, converged_at=None, touched_at=now)
    grew = looked.progress_at != rollout.progress_at
    if rollout.state is _S.STALLED:
        return _gets_on(looked, NoteKind.PROGRESS, now) if grew else Step(rollout=looked)
    if now - (looked.progress_at or now) >= _patience(looked, found):
        return _stalled(looked, now)
    # Swarm pauses an update, not a create: there, nobody else says that tasks fail.
    crashed = rollout.failure is None and _crashed(rollout.progress, found.progress)
    return replace(_with_hint(looked), needs_failure=crashed)


def _crashed(before: Progress | None, now: Progress) -> bool:
    """Whether a task of the posted spec gave its place to another one since the last look.

    A node may reject a task at once: then it was never seen to start, only ever about to.
    """
    present = {slot.label: slot.task_id for slot in now.slots}
    return any(
        present.get(slot.label, slot.task_id) != slot.task_id
        for slot in (before.slots if before else ())
        if slot.updated or slot.state not in _NOT_BEGUN
    )


def _patience(rollout: Rollout, found: Measured) -> timedelta:
    # A delay that was asked for is no stall, however long it is.
    asked_for = found.progress.waiting_for.startswith(DELAY)
    return rollout.deadline + (found.delay if asked_for else timedelta())


def _stalled(rollout: Rollout, now: datetime) -> Step:
    waits = _held_up_by(rollout)
    quiet = f"no progress for {format_duration(rollout.deadline)}"
    reason = f"{quiet}: {waits}" if waits else quiet
    stalled = replace(move(rollout, _S.STALLED), reason=reason, touched_at=now)
    notes = (Note(kind=NoteKind.STALLED, broadcast=True),)
    return Step(rollout=stalled, notes=notes, needs_failure=rollout.failure is None)


def _held_up_by(rollout: Rollout) -> str:
    waits, failure = rollout.progress.waiting_for if rollout.progress else "", rollout.failure
    if failure is not None and waits in _BETWEEN_CRASHES:
        return f"{failure.label} keeps failing ({failure.error or failure.state})"
    return waits


def _with_hint(rollout: Rollout) -> Step:
    """Say in the thread how far it is, when that changed, and in at most some ten notes."""
    progress = rollout.progress
    if rollout.detach or progress is None or not progress.total:
        return Step(rollout=rollout)
    hint = f"{_coarse(progress)}/{progress.total} updated"
    if hint == rollout.shown_hint or (not rollout.shown_hint and not _coarse(progress)):
        return Step(rollout=rollout)
    hinted = replace(rollout, shown_hint=hint)
    return Step(rollout=hinted, notes=(Note(kind=NoteKind.PROGRESS),))


def _coarse(progress: Progress) -> int:
    stride = -(-progress.total // _MOST_PROGRESS_NOTES)
    if progress.updated == progress.total:
        return progress.updated
    return progress.updated - progress.updated % stride
