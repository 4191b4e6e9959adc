"""What a person does to a rollout under way: resume, un-stick, keep waiting, roll back, abort."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.domain.change import ActionKind
from bot.domain.jsontypes import Spec
from bot.domain.refusal import Refusal
from bot.domain.request import Principal
from bot.domain.revision import RevisionSpec
from bot.domain.rollback import restored_spec
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.outcome import Step, ended, still_looked_at
from bot.domain.rollout.posting import with_back, with_retry
from bot.domain.rollout.record import Posting, Rollout, RolloutState
from bot.domain.rollout.standing import is_swarms_own_way
from bot.domain.rollout.state import LIVE, move, running_state
from bot.domain.rollout.words import held_by, left_behind
from bot.domain.typed import typed

_S = RolloutState
_HELD = frozenset({_S.PAUSED, _S.STALLED})


def legal_actions(rollout: Rollout) -> tuple[ActionKind, ...]:
    """What can be done now, in the order of the buttons."""
    state, back = rollout.state, not rollout.going_back and rollout.back_to is not None
    if state not in LIVE:
        return ()
    first = {
        _S.PAUSED: (ActionKind.RESUME,),
        _S.STALLED: (ActionKind.KEEP_WAITING, ActionKind.UNSTICK),
    }.get(state, ())
    return (*first, *((ActionKind.ROLLBACK,) if back else ()), ActionKind.ABORT)


def act(
    rollout: Rollout,
    kind: ActionKind,
    by: Principal,
    now: datetime,
    back_to: RevisionSpec | None = None,
) -> Step | Refusal:
    """The rollout after that action, or why not.

    Args:
        rollout: as it is recorded now.
        kind: what is asked for.
        by: who asks; whether they may was decided before.
        now: aware UTC.
        back_to: for a rollback, the recorded revision, its networks already those of today.
    """
    if rollout.state not in LIVE and not (kind is ActionKind.ABORT and rollout.state is _S.PLANNED):
        return _not_live(rollout)
    blamed = replace(rollout, blame=by.user)
    if kind is ActionKind.ROLLBACK:
        return _roll_back(blamed, now, back_to)
    act_on = _ACTS.get(kind)
    if act_on is None:
        return Refusal(why=f"There is nothing to {kind.value} about {rollout.service}.")
    return act_on(blamed, now)


def take_over(rollout: Rollout, successor_id: str, by: Principal, now: datetime) -> Step:
    """End a rollout because another was started with `--supersede`; nothing is sent."""
    left = replace(
        rollout, blame=by.user, superseded_by=successor_id, left_behind=left_behind(rollout)
    )
    over = ended(left, _S.SUPERSEDED, now, f"<@{by.user}> took over with {successor_id}.")
    return still_looked_at(rollout, over, now)


def let_lapse(rollout: Rollout, why: Refusal, now: datetime) -> Step:
    """End a planned rollout that could not begin for so long that nobody expects it any more."""
    left = replace(rollout, left_behind=left_behind(rollout))
    return ended(left, _S.ABORTED, now, f"{why.why} {why.next_step}")


def _not_live(rollout: Rollout) -> Refusal:
    state = rollout.state.value.replace("_", " ")
    if rollout.state in (_S.ACCEPTED, _S.PLANNED):
        return Refusal(
            why=f"{rollout.id} has not begun yet ({state}).", next_step="Try again in a moment."
        )
    return Refusal(
        why=f"{rollout.id} of {rollout.service} is over ({state}).",
        next_step=f"`{typed(f'rollback {rollout.service}', rollout.cluster)}` goes back, "
        f"`{typed(f'history {rollout.service}', rollout.cluster)}` shows where to.",
    )


def _roll_back(rollout: Rollout, now: datetime, back_to: RevisionSpec | None) -> Step | Refusal:
    if rollout.going_back:
        return Refusal(why=f"{held_by(rollout)}: it is going back already.")
    if back_to is None:
        return Refusal(
            why=f"There is no good revision of {rollout.service} before this one.",
            next_step=f"`{typed(f'abort {rollout.service}', rollout.cluster)}` stops following; "
            f"`{typed(f'rm {rollout.service}', rollout.cluster)}` removes the service.",
        )
    posting = _posted(rollout)
    if isinstance(posting, Refusal):
        return posting
    target = restored_spec(back_to, posting.spec)
    if isinstance(target, Refusal):
        return target
    return _back(rollout, target, back_to.number, posting.live_hash, now)


def _back(
    rollout: Rollout, target: Spec, number: int | None, base_hash: str | None, now: datetime
) -> Step:
    going = rollout if rollout.state is _S.ROLLING_BACK else move(rollout, _S.ROLLING_BACK)
    going = with_back(replace(going, going_back=True), target, number, base_hash)
    return Step(
        rollout=_afresh(going, now),
        notes=(Note(kind=NoteKind.ROLLBACK_STARTED),),
        apply=True,
    )


def _resume(rollout: Rollout, now: datetime) -> Step | Refusal:
    return _again(rollout, now, NoteKind.RESUMED)


def _unstick(rollout: Rollout, now: datetime) -> Step | Refusal:
    return _again(rollout, now, NoteKind.UNSTUCK)


def _again(rollout: Rollout, now: datetime, note: NoteKind) -> Step | Refusal:
    if rollout.state not in _HELD:
        return Refusal(why=f"{held_by(rollout)}: it is neither paused nor stalled.")
    posting = _posted(rollout)
    if isinstance(posting, Refusal):
        return posting
    plan = rollout.plan
    if is_swarms_own_way(rollout) and plan is not None and plan.base_spec is not None:
        # Swarm's own way back is stuck: the spec to insist on is the one that it went back to.
        step = _back(rollout, plan.base_spec, rollout.back_to, plan.base_hash, now)
        return replace(step, notes=(Note(kind=note),))
    again = with_retry(move(rollout, running_state(rollout)), posting)
    return Step(rollout=_restarted(again, now), notes=(Note(kind=note),), apply=True)


def _keep_waiting(rollout: Rollout, now: datetime) -> Step | Refusal:
    if rollout.state is not _S.STALLED:
        return Refusal(why=f"{held_by(rollout)}: it is not stalled.")
    waiting = _restarted(move(rollout, running_state(rollout)), now)
    return Step(rollout=waiting, notes=(Note(kind=NoteKind.KEPT_WAITING),))


def _abort(rollout: Rollout, now: datetime) -> Step | Refusal:
    left = replace(rollout, left_behind=left_behind(rollout))
    over = ended(left, _S.ABORTED, now, f"<@{rollout.blame}> stopped following it.")
    return still_looked_at(rollout, over, now)


_ACTS: dict[ActionKind, Callable[[Rollout, datetime], Step | Refusal]] = {
    ActionKind.RESUME: _resume,
    ActionKind.UNSTICK: _unstick,
    ActionKind.KEEP_WAITING: _keep_waiting,
    ActionKind.ABORT: _abort,
}


def _posted(rollout: Rollout) -> Posting | Refusal:
    """The posting, if it is known what is live; until then nothing else may be posted on top."""
    posting = rollout.posting
    if posting is None or posting.posted_at is None:
        return Refusal(
            why=f"{held_by(rollout)}: its last step is being sent to Swarm just now.",
            next_step="Try again in a moment.",
        )
    return posting


def _restarted(rollout: Rollout, now: datetime) -> Rollout:
    """With the deadline running anew."""
    return replace(rollout, progress_at=now, touched_at=now, reason="", failure=None)


def _afresh(rollout: Rollout, now: datetime) -> Rollout:
    """As `_restarted`, and nothing counts as updated yet: it is another spec."""
    progress = rollout.progress
    if progress is not None:
        slots = tuple(replace(slot, updated=False) for slot in progress.slots)
        progress = replace(progress, updated=0, score=0, waiting_for="", slots=slots)
    return replace(_restarted(rollout, now), progress=progress, shown_hint="")
