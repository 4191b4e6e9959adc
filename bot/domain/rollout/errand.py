"""What a person has had posted for a live rollout, until it is sent: it may come to nothing.

Between the act and the post Docker may be away for hours. Whoever acts is decided on once more
right before; if they may not any more, the rollout stands as before their act, and people are told.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain.change import ActionKind
from bot.domain.policy import Resource
from bot.domain.request import Request
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.outcome import Step, is_due
from bot.domain.rollout.record import Errand, Rollout, RolloutState
from bot.domain.rollout.state import move

_HELD = frozenset({RolloutState.PAUSED, RolloutState.STALLED})
_WORDS = {ActionKind.UNSTICK: "un-stick"}


def charged(
    before: Rollout,
    after: Rollout,
    kind: ActionKind,
    request: Request,
    *,
    glass: bool,
    back: Resource | None,
) -> Rollout:
    """Return the rollout after an act, with whom to decide on if it has something posted.

    Args:
        before: as it stood.
        after: what the act made of it.
        kind: what was done.
        request: by which.
        glass: the rules were passed by.
        back: what going back was judged on; None where it does not go back to a revision.
    """
    if not is_due(after) or before.posting is None or after.posting == before.posting:
        return after
    errand = Errand(
        kind=kind,
        request=replace(request, command={}),
        break_glass=glass,
        back=back,
        attempt=after.attempts,
        before=before.posting,
        going_back=before.going_back,
        back_to=before.back_to,
        progress=before.progress,
        failure=before.failure,
        shown_hint=before.shown_hint,
    )
    return replace(after, errand=errand)


def errand_of(rollout: Rollout) -> Errand | None:
    """Return by whose act the posting is made that is still to be sent; None: by nobody's."""
    errand, posting = rollout.errand, rollout.posting
    if errand is None or posting is None or not is_due(rollout):
        return None
    return errand if errand.attempt == posting.attempt else None


def withheld(rollout: Rollout, errand: Errand, why: str, now: datetime) -> Step:
    """The rollout as before the act, stalled: people are called, for somebody expects more of it.

    What was live goes on being followed; once it gets on, it is not stalled any more.
    """
    stands = replace(
        rollout,
        posting=errand.before,
        errand=None,
        going_back=errand.going_back,
        back_to=errand.back_to,
        progress=errand.progress or rollout.progress,  # what got on before the act is no news
        failure=errand.failure,
        shown_hint=errand.shown_hint,
        converged_at=None,
        progress_at=now,
        touched_at=now,
    )
    held = stands if stands.state in _HELD else move(stands, RolloutState.STALLED)
    who = f"<@{errand.request.by.user}>"
    what = _WORDS.get(errand.kind, errand.kind.value)
    told = replace(held, reason=f"the {what} of {who} was not sent to Docker: {why}")
    return Step(rollout=told, notes=(Note(kind=NoteKind.STALLED, broadcast=True),))
