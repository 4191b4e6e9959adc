"""A timeline of events to come: simulated time moves only when somebody looks."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from playground.simulator.clock import Clock

_RUNAWAY = 2_000_000


@dataclass(order=True)
class Event:
    """Something that will happen at `at`; equal times happen in the order of planning."""

    at: datetime
    order: int
    act: Callable[[], None] = field(compare=False)


class Timeline:
    """Events in order; `now` is the time of the event that is happening."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: list[Event] = []
        self._order = 0
        self.now = clock.now()

    @property
    def next_at(self) -> datetime | None:
        """When something will happen, if anything is planned."""
        return self._events[0].at if self._events else None

    def after(self, delay: timedelta, act: Callable[[], None]) -> None:
        """Plan `act` for `delay` from now."""
        self._order += 1
        heapq.heappush(self._events, Event(self.now + delay, self._order, act))

    def settle(self) -> None:
        """Let everything happen that is due by the clock's now.

        Raises:
            AssertionError: it never ends, which is a fault in the rules.
        """
        until = self._clock.now()
        for _ in range(_RUNAWAY):
            if not self._events or self._events[0].at > until:
                self.now = max(self.now, until)
                return
            event = heapq.heappop(self._events)
            self.now = max(self.now, event.at)
            event.act()
        raise AssertionError("the simulated swarm runs in circles")
