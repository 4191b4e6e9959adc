"""A rollout whose service was not to be seen, or older than it was: see bot.domain.lag."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain.lag import doubtful_since
from bot.domain.rollout.record import Rollout


def doubted(rollout: Rollout, now: datetime) -> Rollout | None:
    """The rollout with its doubt noted; None: that has lasted, so it is as it looks."""
    since = doubtful_since(rollout.doubted_since, now)
    return replace(rollout, doubted_since=since) if since else None


def believed(rollout: Rollout) -> Rollout:
    """The rollout after a look that is in no doubt."""
    return rollout if rollout.doubted_since is None else replace(rollout, doubted_since=None)
