"""Locks: who keeps what from being changed, why, until when, and who waits for its end."""

from bot.domain.lock.holding import holding, is_passed
from bot.domain.lock.record import BadRevision, Lock, Scope, ScopeKind, Waiter
from bot.domain.lock.telling import LockNews, Telling

__all__ = [
    "BadRevision", "Lock", "LockNews", "Scope", "ScopeKind", "Telling", "Waiter",
    "holding", "is_passed",
]  # fmt: skip
