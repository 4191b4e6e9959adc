"""Slack message metadata: ids and states, readable by every app and member, so never a secret."""

from bot.domain.approval import Approval, ApprovalNote
from bot.domain.change import Change
from bot.domain.jsontypes import JsonObject
from bot.domain.lock import LockNews, Telling
from bot.domain.notice import Notice
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.record import Rollout
from bot.domain.rollout.standing import makes_current
from bot.rendering.words import public_state

ROLLOUT = "waggle_rollout"
NOTE = "waggle_note"
CHANGE = "waggle_change"
LOCK = "waggle_lock"
_NOT_LOCKED = {LockNews.ASKED: "asked", LockNews.WITHDRAWN: "withdrawn"}
NOTICE = "waggle_notice"
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


def of_change_note(change: Change, kind: NoteKind) -> JsonObject:
    """Return the metadata of a message in a drain's thread."""
    return _event(NOTE, change_id=change.id, note=kind.value)


def of_lock(telling: Telling) -> JsonObject:
    """Return the metadata of a lock's message, and of the one that tells of its end."""
    lock = telling.lock
    state = "locked" if lock.ended_at is None else "ended"
    return _event(
        LOCK,
        lock_id=lock.id,
        cluster=lock.cluster,
        scope=lock.scope.kind.value,
        name=lock.scope.name,
        state=_NOT_LOCKED.get(telling.news, state),
        owner=lock.owner.user,
        until=lock.until.isoformat() if lock.until else None,
        revision=lock.bad.number if lock.bad else None,
    )


def of_notice(notice: Notice) -> JsonObject:
    """Return the metadata of a message in a channel that hears of a rollout or change.

    Not who asked: a row that names its requester may be sent to them when the channel is closed.
    """
    subject, approval = notice.subject, notice.approval
    is_rollout = isinstance(subject, Rollout)
    return _event(
        NOTICE,
        rollout_id=subject.id if is_rollout else None,
        change_id=None if is_rollout else subject.id,
        approval_id=approval.id if approval else getattr(subject, "approval_id", None),
        cluster=subject.cluster,
        service=subject.service if isinstance(subject, Rollout) else subject.target,
        kind=subject.kind.value,
        state=_state(notice),
        event=notice.event.value if notice.event else None,
    )


def _state(notice: Notice) -> str:
    if notice.approval is not None:
        return notice.approval.state.value
    subject = notice.subject
    state = public_state(subject) if isinstance(subject, Rollout) else subject.state
    return state.value


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
