"""Whose spec is live: the posted one, the one that Swarm itself went back to, or a stranger's.

Labels cannot tell: under Swarm's own rollback the live spec is the earlier one, with that one's
labels. The hash can, and it does not see our labels.
"""

from __future__ import annotations

from enum import Enum

from bot.domain.jsontypes import Spec
from bot.domain.observation import ServiceView, UpdateState
from bot.domain.plan import Kind
from bot.domain.rollout.record import Posting, Purpose, Rollout
from bot.domain.spec import spec_hash

ROLLBACKS = (
    UpdateState.ROLLBACK_STARTED,
    UpdateState.ROLLBACK_PAUSED,
    UpdateState.ROLLBACK_COMPLETED,
)
PAUSES = (UpdateState.PAUSED, UpdateState.ROLLBACK_PAUSED)


class Standing(Enum):
    """What is live."""

    OURS = "ours"
    SWARMS_ROLLBACK = "swarm's rollback"
    FELL_SHORT = "swarm's rollback from a retry to the try before: ours still"
    FOREIGN = "foreign"


def is_swarms_own_way(rollout: Rollout) -> bool:
    """Whether it is Swarm that goes back (by failure action), and not a posting of ours."""
    forward = rollout.posting is not None and rollout.posting.purpose in (
        Purpose.FORWARD,
        Purpose.RETRY,
    )
    return rollout.going_back and forward


def makes_current(rollout: Rollout) -> int | None:
    """The revision that is current when it is through: what it makes, or what it goes back to.

    Swarm's own rollback goes to what was live before; ours to the revision that was posted.
    """
    if rollout.kind is Kind.ROLLBACK or not rollout.going_back:
        return rollout.to_revision
    return rollout.from_revision if is_swarms_own_way(rollout) else rollout.back_to


def standing(rollout: Rollout, posting: Posting, service: ServiceView) -> Standing:
    """Judge the live spec by its hash: what is shown is no look from before."""
    live = spec_hash(service.spec)
    if is_swarms_own_way(rollout):
        return Standing.SWARMS_ROLLBACK if live == _base(rollout) else Standing.FOREIGN
    if live == posting.live_hash:
        short = _fell_short(rollout, posting, service)
        return Standing.FELL_SHORT if short else Standing.OURS
    rolling = service.update_state in ROLLBACKS and not rollout.going_back
    if rolling and live == _base(rollout):
        return Standing.SWARMS_ROLLBACK
    return Standing.FOREIGN


def wants_rollback(spec: Spec) -> bool:
    """Whether Swarm is to go back by itself when tasks of that spec fail."""
    return (spec.get("UpdateConfig") or {}).get("FailureAction") == "rollback"


def _fell_short(rollout: Rollout, posting: Posting, service: ServiceView) -> bool:
    """Whether Swarm's failure action led nowhere.

    Swarm goes back to the spec before the live one. After a retry that is the same spec.
    """
    return (
        posting.purpose is Purpose.RETRY
        and not rollout.going_back
        and service.update_state in ROLLBACKS
        and wants_rollback(posting.spec)
        and rollout.plan is not None
        and rollout.plan.base_spec is not None
    )


def own_spec(rollout: Rollout, live: Spec) -> Spec | None:
    """The spec that is still to be restored, if the live one is this rollout's way back to it.

    It differs in UpdateConfig, which is the RollbackConfig for as long as it goes back.
    """
    posting = rollout.posting
    if posting is None:
        return None
    if posting.restore is not None and spec_hash(live) == posting.live_hash:
        return posting.restore
    if posting.purpose is Purpose.RESTORE and spec_hash(live) == posting.base_hash:
        return posting.spec
    return None


def _base(rollout: Rollout) -> str | None:
    return rollout.plan.base_hash if rollout.plan else None
