"""A look that may come from before, and how long nothing is concluded from it.

A manager that comes back plays its log again, and one that has just been elected may not have come
to the end of it: for moments they answer reads from what they have so far (only a write waits for
the end: swarmkit, manager/state/raft, `signalledLeadership`). Then a service is not there at all,
or older than it was seen already. Both can also be true: it was removed, or the swarm was restored
from a backup. What holds on for `LAGS` is believed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.observation import ServiceView

LAGS = timedelta(seconds=20)
"""How long managers may answer from before. A leader without a majority steps down after 10 to 19
ticks of a second each (raft's election timeout, as SwarmKit sets it); a log is played sooner."""


def may_lag(service: ServiceView | None, version: int | None) -> bool:
    """Whether a look may come from before.

    Args:
        service: what it shows; None: no such service.
        version: the `Version.Index` that the service had when it was last seen; None: never seen.
    """
    return service is None or (version is not None and service.version < version)


def doubtful_since(before: datetime | None, now: datetime) -> datetime | None:
    """Since when there is doubt, after one more such look; None: it has lasted and is believed.

    Args:
        before: the same after the look before; None: that was in no doubt.
        now: aware UTC.
    """
    since = before or now
    return None if now - since >= LAGS else since
