"""What comes of a posting: it was made, it never will be, or who asked for it may not any more."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.approval import Hurdle
from bot.domain.jsontypes import Spec
from bot.domain.lag import may_lag
from bot.domain.observation import ServiceView
from bot.domain.policy import Decision
from bot.domain.rollout.doubt import believed, doubted
from bot.domain.rollout.record import Errand, Posting, Rollout, RolloutState
from bot.domain.rollout.traces import spec_as_posted
from bot.domain.rollout.words import changed_by, changed_outside, live_words


@dataclass(frozen=True, kw_only=True)
class Posted:
    """The posting was made: `spec` is what the Engine echoed, `view` what it shows now."""

    attempt: int
    view: ServiceView
    spec: Spec


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The posting will never be carried out.

    Attributes:
        hurdle: why what was approved is not what would run any more; None: that is not touched.
    """

    state: RolloutState
    reason: str
    left_behind: str = ""
    decision: Decision | None = None
    hurdle: Hurdle | None = None


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """Who has had it posted may not any more; the rollout stands as before."""

    errand: Errand
    decision: Decision


@dataclass(frozen=True, kw_only=True)
class Doubted:
    """Nobody knows yet whether the service is gone or changed, or this a look from before."""

    rollout: Rollout


Outcome = Posted | Ended | Withheld | Doubted


def due_posting(rollout: Rollout) -> Posting:
    """Return the posting of a rollout that has one."""
    if rollout.posting is None:  # pragma: no cover - is_due has looked
        raise AssertionError(rollout.id)
    return rollout.posting


def made_already(rollout: Rollout, view: ServiceView | None) -> Posted | None:
    """Return what tells that the due posting was made already."""
    posting = due_posting(rollout)
    spec = spec_as_posted(rollout, posting, view) if view is not None else None
    if view is None or spec is None:
        return None
    return Posted(attempt=posting.attempt, view=view, spec=spec)


def in_doubt(rollout: Rollout, view: ServiceView | None, now: datetime) -> Doubted | None:
    """Return the rollout that has to wait until it is sure what its service has become.

    Also the one that is in no doubt any more: that is recorded before anything is done.
    """
    posting = due_posting(rollout)
    if posting.base_hash is None or not may_lag(view, posting.base_version):
        return Doubted(rollout=believed(rollout)) if rollout.doubted_since else None
    waits = doubted(rollout, now)
    return Doubted(rollout=waits) if waits else None


def moved_away(rollout: Rollout, view: ServiceView, other: Rollout | None) -> Ended:
    """Return the end of a rollout whose service somebody has changed: another of ours, if known."""
    planned = rollout.plan.base_spec if rollout.plan and rollout.attempts <= 1 else None
    expected = planned or view.spec
    reason = (
        changed_by(rollout, other, expected, view.spec)
        if other
        else changed_outside(rollout, expected, view.spec)
    )
    return Ended(
        state=RolloutState.SUPERSEDED,
        reason=reason,
        left_behind=live_words(view.name, view.spec),
        hurdle=Hurdle(reasons=(reason,), moved=True) if rollout.attempts <= 1 else None,
    )
