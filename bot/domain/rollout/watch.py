"""After completed: Swarm's own monitoring goes on for a while, and may still say no.

The Engine ends an update only after twice the delay and the monitor window. Until then a failing
task makes it pause or roll back, and then the rollout that was told as completed reopens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.convergence.wanted import pace_of
from bot.domain.lag import may_lag
from bot.domain.observation import Observation, ServiceView, UpdateState
from bot.domain.rollout.doubt import believed, doubted
from bot.domain.rollout.outcome import Step
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.standing import PAUSES, Standing, standing
from bot.domain.rollout.step import goes_back, swarm_pauses

_GRACE = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What a look after the end comes to.

    Attributes:
        step: unchanged, or the reopened rollout (its service has to be claimed again).
        over: there is nothing more to watch for.
    """

    step: Step
    over: bool


def watch_after(rollout: Rollout, seen: Observation, now: datetime) -> Watch:
    """Look at a completed rollout once more."""
    posting, service = rollout.posting, seen.service
    if rollout.state is not RolloutState.COMPLETED or posting is None:
        return Watch(step=Step(rollout=rollout), over=True)
    if service is None or may_lag(service, posting.version):
        waits = doubted(rollout, now)
        return Watch(step=Step(rollout=waits or believed(rollout)), over=waits is None)
    rollout = believed(rollout)
    whose = standing(rollout, posting, service)
    if whose in (Standing.SWARMS_ROLLBACK, Standing.FELL_SHORT):
        return Watch(step=goes_back(whose, rollout, service, seen, now), over=False)
    if whose is Standing.OURS and service.update_state in PAUSES:
        return Watch(step=swarm_pauses(rollout, service, now), over=False)
    over = whose is Standing.FOREIGN or _swarm_is_done(rollout, service, now)
    return Watch(step=Step(rollout=rollout), over=over)


def _swarm_is_done(rollout: Rollout, service: ServiceView, now: datetime) -> bool:
    if service.update_state in (UpdateState.COMPLETED, UpdateState.ROLLBACK_COMPLETED):
        return True
    pace = pace_of(service.spec, service.update_state)
    end = rollout.ended_at or now
    return now >= end + 2 * pace.delay + pace.monitor + _GRACE
