"""Approvals: who must say yes to what, and what their words come to. Pure."""

from bot.domain.approval.moved import moved_change, moved_plan, policy_moved, votes_lost
from bot.domain.approval.note import ApprovalNote, notes_of
from bot.domain.approval.record import Approval, ApprovalState, Blast, Hurdle, Vote, approval_id
from bot.domain.approval.voting import (
    cancel,
    expire,
    remind_due,
    stale,
    still_carried,
    void,
    vote,
)

__all__ = [
    "Approval",
    "ApprovalNote",
    "ApprovalState",
    "Blast",
    "Hurdle",
    "Vote",
    "approval_id",
    "cancel",
    "expire",
    "moved_change",
    "moved_plan",
    "notes_of",
    "policy_moved",
    "remind_due",
    "stale",
    "still_carried",
    "void",
    "vote",
    "votes_lost",
]
