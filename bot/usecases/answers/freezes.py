"""The calendar of freezes ahead."""

from datetime import timedelta
from typing import Final

from bot.domain.reply import FreezeList, Reply
from bot.usecases.gate import Gate

AHEAD: Final = timedelta(days=30)
MOST: Final = 20
"""A freeze that comes every hour would fill the channel."""


def freezes(gate: Gate) -> Reply:
    """Answer `freezes`: what is on, and what begins within thirty days."""
    policy, now = gate.policy, gate.now()
    windows = gate.calendar.windows(policy, now, now + AHEAD)
    return FreezeList(
        at=now,
        ahead=AHEAD,
        windows=windows[:MOST],
        more=len(windows[MOST:]),
        open_policy=policy.open_to_all,
    )
