"""The next posting of a rollout, with our ids in its labels.

Every posting differs from the one before, at least by `waggle.attempt`: the Engine does nothing
about an identical spec, and forgets its previous one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.jsontypes import Spec
from bot.domain.rollback import going_back_spec
from bot.domain.rollout.record import Posting, Purpose, Rollout
from bot.domain.spec import spec_hash, with_waggle_labels

ROLLOUT = "waggle.rollout"
ATTEMPT = "waggle.attempt"
REVISION = "waggle.revision"
PLAN = "waggle.plan"
_FINGERPRINT_SHOWN = 16


def labels_for(rollout: Rollout, attempt: int, revision: int | None) -> Mapping[str, str]:
    """The service labels by which recovery sees who did what."""
    labels = {ROLLOUT: rollout.id, ATTEMPT: str(attempt)}
    if revision is not None:
        labels[REVISION] = str(revision)
    if rollout.plan is not None and rollout.plan.fingerprint:
        labels[PLAN] = rollout.plan.fingerprint[:_FINGERPRINT_SHOWN]
    return labels


def first_posting(rollout: Rollout, desired: Spec, *, back: bool = False) -> Rollout:
    """The rollout with its first posting: `desired`, or for a rollback on the way to it."""
    base_hash = rollout.plan.base_hash if rollout.plan else None
    if back:
        return with_back(rollout, desired, rollout.to_revision, base_hash)
    return _with(rollout, Purpose.FORWARD, desired, rollout.to_revision, base_hash)


def with_retry(rollout: Rollout, posting: Posting) -> Rollout:
    """The same spec again. What goes back keeps its purpose, and what is to be restored after."""
    back = posting.purpose in (Purpose.BACK, Purpose.RESTORE)
    purpose = posting.purpose if back else Purpose.RETRY
    revision = rollout.back_to if rollout.going_back else rollout.to_revision
    again = _with(rollout, purpose, posting.spec, revision, posting.live_hash)
    return _restoring(again, posting.restore)


def with_back(
    rollout: Rollout, target: Spec, revision: int | None, base_hash: str | None
) -> Rollout:
    """Back to `target` (a revision's own spec), under its RollbackConfig."""
    way = going_back_spec(target)
    there = _with(rollout, Purpose.BACK, way, revision, base_hash)
    needed = spec_hash(way) != spec_hash(target)
    return replace(_restoring(there, target if needed else None), back_to=revision)


def with_restore(rollout: Rollout, target: Spec, base_hash: str | None) -> Rollout:
    """The revision's own UpdateConfig again; this replaces no task."""
    return _with(rollout, Purpose.RESTORE, target, rollout.back_to, base_hash)


def _with(
    rollout: Rollout, purpose: Purpose, spec: Spec, revision: int | None, base_hash: str | None
) -> Rollout:
    attempt = rollout.attempts + 1
    marked = with_waggle_labels(_placed(spec), labels_for(rollout, attempt, revision))
    posting = Posting(
        purpose=purpose,
        spec=marked,
        base_hash=base_hash,
        attempt=attempt,
        base_version=_seen_version(rollout),
    )
    return replace(rollout, posting=posting, attempts=attempt, converged_at=None)


def _seen_version(rollout: Rollout) -> int | None:
    if (before := rollout.posting) is not None:
        return before.base_version if before.version is None else before.version
    return rollout.plan.base_version if rollout.plan else None


def _placed(spec: Spec) -> Spec:
    """With `Placement`, which a spec that others made may lack.

    Without it Engines before 29.7 can lose every manager (moby#37883).
    """
    template = spec.get("TaskTemplate") or {}
    if template.get("Placement") is not None:
        return spec
    return {**spec, "TaskTemplate": {**template, "Placement": {}}}


def _restoring(rollout: Rollout, restore: Spec | None) -> Rollout:
    if rollout.posting is None:
        return rollout
    return replace(rollout, posting=replace(rollout.posting, restore=restore))
