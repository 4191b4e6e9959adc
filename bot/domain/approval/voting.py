"""What people's words do to an approval: votes, the clock, a withdrawal, the moved ground. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from bot.domain.approval.record import Approval, ApprovalState, Hurdle, Vote
from bot.domain.approval.state import move
from bot.domain.refusal import Refusal
from bot.domain.typed import typed

_S = ApprovalState
_ENDED = {
    _S.APPROVED: "approved already",
    _S.REJECTED: "rejected already",
    _S.EXPIRED: "expired",
    _S.CANCELLED: "cancelled",
    _S.VOID: "void",
}


def vote(approval: Approval, given: Vote, now: datetime, *, entitled: bool) -> Approval | Refusal:
    """The approval with that vote in it, or why it does not count.

    One no ends it. So many different people's yes as the rule asks for approve it. A vote is never
    changed: a second one by the same person is refused, whatever it says.

    Args:
        approval: as it is recorded now.
        given: who says what.
        now: aware UTC, by the clock by which it was asked.
        entitled: the person is among the rule's approvers, which is the right to vote.
    """
    if refused := _objection(approval, given.user, now, entitled=entitled):
        return refused
    counted = replace(approval, votes=(*approval.votes, given), touched_at=now)
    if not given.yes:
        rejected = move(counted, _S.REJECTED, now)
        return replace(rejected, ended_by=given.user, reason=given.reason)
    if len(counted.yes) < counted.rule.required:
        return counted
    return replace(move(counted, _S.APPROVED, now), ended_by=given.user)


def _objection(approval: Approval, user: str, now: datetime, *, entitled: bool) -> Refusal | None:
    if approval.state is not _S.PENDING:
        return stale(approval)
    if now >= approval.expires_at:
        return Refusal(why=f"{approval.id} has expired: your vote does not count.")
    if user == approval.request.by.user and not approval.rule.self_approval:
        return Refusal(
            why="You asked for it yourself: only other people's votes count.",
            next_step=f"`{typed(f'cancel {approval.id}', approval.cluster)}` withdraws it.",
        )
    if not entitled:
        return Refusal(why=f"You are not among those who may approve in {approval.environment}.")
    if any(one.user == user for one in approval.votes):
        return Refusal(why=f"You have voted on {approval.id} already: a vote stands.")
    return None


def stale(approval: Approval) -> Refusal:
    """Why nothing can be done any more to an approval that has ended."""
    return Refusal(why=f"{approval.id} is {_ENDED[approval.state]}: nothing was changed.")


def expire(approval: Approval, now: datetime) -> Approval | None:
    """The approval as expired, or None while it is not due, or has ended."""
    if approval.state is not _S.PENDING or now < approval.expires_at:
        return None
    return move(approval, _S.EXPIRED, now)


def remind_due(approval: Approval, now: datetime) -> bool:
    """Whether it is time to ask once more."""
    remind = approval.rule.remind
    if approval.state is not _S.PENDING or approval.reminded or remind is None:
        return False
    return approval.expires_at - remind <= now < approval.expires_at


def cancel(approval: Approval, by: str, now: datetime, *, may: bool) -> Approval | Refusal:
    """The approval as withdrawn: by who asked, or by who has the right `approve` there."""
    if approval.state is not _S.PENDING:
        return stale(approval)
    if by != approval.request.by.user and not may:
        return Refusal(
            why=f"Only <@{approval.request.by.user}> or who has the right `approve` may cancel it."
        )
    return replace(move(approval, _S.CANCELLED, now), ended_by=by)


def void(approval: Approval, hurdle: Hurdle, now: datetime) -> Approval:
    """The approval as void: what was approved is not what would run now, or may not run."""
    ended = move(approval, _S.VOID, now)
    return replace(ended, moved=hurdle.reasons, barred=not hurdle.moved, named=hurdle.named)


def still_carried(approval: Approval, entitled: Collection[str]) -> bool:
    """Whether enough of those who said yes count at this moment.

    Args:
        approval: approved.
        entitled: who of them is still among the approvers.
    """
    left = sum(user in entitled for user in approval.yes)
    return approval.state is _S.APPROVED and left >= approval.rule.required
