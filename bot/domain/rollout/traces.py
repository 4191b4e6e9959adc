"""What the Engine shows of a posting that was made, though nobody has recorded it yet.

The worker may be killed between a post and its record. Then the labels of the live spec tell. By
the time somebody looks, the post may have been taken back, by a person or by Swarm itself: posting
it once more would overwrite the one, and roll a bad image out twice in the other case.
"""

from __future__ import annotations

from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.observation import ServiceView
from bot.domain.rollout.record import Posting, Purpose, Rollout
from bot.domain.rollout.standing import ROLLBACKS, wants_rollback
from bot.domain.spec import spec_hash


def spec_as_posted(rollout: Rollout, posting: Posting, view: ServiceView) -> Spec | None:
    """The spec by which the Engine shows that this very posting was made; None if it does not.

    It is live, or it is the one before the live one, or Swarm's failure action took it back, which
    leaves no previous spec.
    """
    for spec in (view.spec, view.previous_spec):
        if spec is not None and is_ours(spec, rollout.id, posting.attempt):
            return spec
    return posting.spec if _swarm_took_it_back(rollout, posting, view) else None


def is_ours(spec: Spec, rollout_id: str, attempt: int) -> bool:
    """Whether the labels of a spec say that this very posting was made."""
    labels: JsonObject = spec.get("Labels") or {}
    return rollout_of(spec) == rollout_id and labels.get("waggle.attempt") == str(attempt)


def rollout_of(spec: Spec) -> str:
    """Which rollout posted the spec, as its labels say; empty if they do not."""
    labels: JsonObject = spec.get("Labels") or {}
    return str(labels.get("waggle.rollout") or "")


def _swarm_took_it_back(rollout: Rollout, posting: Posting, view: ServiceView) -> bool:
    """Whether Swarm has rolled back an update that began after the plan was made."""
    plan = rollout.plan
    return (
        posting.purpose in (Purpose.FORWARD, Purpose.RETRY)
        and wants_rollback(posting.spec)
        and view.update_state in ROLLBACKS
        and view.previous_spec is None
        and spec_hash(view.spec) == posting.base_hash
        and (plan is None or view.update_started_at != plan.base_update_at)
    )
