"""A node is emptied: what moves and what cannot, how far it is, when it is over. Pure."""

from bot.domain.drain.coming import ENDED
from bot.domain.drain.plan import planned, tasks_there
from bot.domain.drain.record import Drain, Moving, Phase
from bot.domain.drain.step import (
    Sight,
    is_overdue_unseen,
    joined,
    not_seen,
    overdue_return,
    overtaken,
    seen_again,
    step,
)

__all__ = [
    "ENDED",
    "Drain",
    "Moving",
    "Phase",
    "Sight",
    "is_overdue_unseen",
    "joined",
    "not_seen",
    "overdue_return",
    "overtaken",
    "planned",
    "seen_again",
    "step",
    "tasks_there",
]
