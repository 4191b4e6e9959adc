"""Slack message metadata: ids and states, readable by every app and member, so never a secret."""

from bot.domain.approval import Approval, ApprovalNote
from bot.domain.change import Change
from bot.domain.jsontypes import JsonObject
from bot.domain.rollout.note import Note
from bot.domain.rollout.record import Rollout
from bot.domain.rollout.standing import makes_current
from bot.rendering.words import public_state

ROLLOUT = "waggle_rollout"
NOTE = "waggle_note"
CHANGE = "waggle_change"
APPROVAL = "waggle_approval"


def of_rollout(rollout: Rollout) -> JsonObject:
    """Return the parent's metadata, kept current with every edit."""
    return _event(
        ROLLOUT,
        rollout_id=rollout.id,
        cluster=rollout.cluster,
        service=rollout.service,
        kind=rollout.kind.value,
        state=public_state(rollout).value,
        from_revision=rollout.from_revision,
        to_revision=makes_current(rollout),
        requester=rollout.request.by.user,
        approval_id=rollout.approval_id,
    )


def of_note(rollout: Rollout, note: Note) -> JsonObject:
    """Return a thread message's metadata; the sender adds the message's id."""
    return _event(NOTE, rollout_id=rollout.id, note=note.kind.value)


def of_change(change: Change) -> JsonObject:
    """Return the metadata of a one-step change."""
    return _event(
        CHANGE,
        change_id=change.id,
        cluster=change.cluster,
        kind=change.kind.value,
        target=change.target,
        state=change.state.value,
        requester=change.request.by.user,
    )


def of_approval(approval: Approval) -> JsonObject:
    """Return the metadata of a request, kept current with every vote."""
    return _event(
        APPROVAL,
        approval_id=approval.id,
        plan_fingerprint=approval.fingerprint,
        state=approval.state.value,
        cluster=approval.cluster,
        service=approval.target,
        votes=len(approval.yes),
        required=approval.rule.required,
        rollout_id=approval.subject,
    )


def of_approval_note(approval: Approval, note: ApprovalNote) -> JsonObject:
    """Return the metadata of a message in a request's thread."""
    return _event(NOTE, approval_id=approval.id, note=note.word)


def of_review(subject: Rollout | Change) -> JsonObject:
    """Return the metadata of what asks for a review."""
    return _event(NOTE, rollout_id=subject.id, note="review", votes=len(subject.reviews))


def _event(event_type: str, **payload: str | int | None) -> JsonObject:
    return {"event_type": event_type, "event_payload": payload}
