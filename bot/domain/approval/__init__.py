"""Approvals: who must say yes to what, and what their words come to. Pure."""

from bot.domain.approval.record import Approval, ApprovalState, Blast, Vote

__all__ = ["Approval", "ApprovalState", "Blast", "Vote"]
