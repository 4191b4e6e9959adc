"""Troubles that can be switched on, each for a number of calls or until a time."""

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass

DOWN_503 = "503"
DOWN_REFUSE = "refuse"
KINDS = ("storm", "lose_reply", "lose_request", "slow", "error", "http_error")


@dataclass
class Fault:
    """One trouble.

    Attributes:
        kind: storm (429), lose_reply (done, then no answer), lose_request (no answer and not
            done), slow (answered late), error (a Slack error word), http_error (a status).
        method: A Web API method, a pattern such as `chat.*`, or `response_url`.
        left: How many calls it still hits; None: until it is cleared.
        until: When it ends, seconds since the epoch; None: never by itself.
        seconds: Retry-After of a storm, or the wait of slow.
        word: The error word of error, the status of http_error.
        channel: The channel of the calls that it hits, as they name it; empty: of any, or none.
    """

    kind: str
    method: str = "*"
    left: int | None = 1
    until: float | None = None
    seconds: float = 1.0
    word: str = "internal_error"
    channel: str = ""

    def hits(self, method: str, channel: str) -> bool:
        """Tell whether it is of such a call."""
        return fnmatch.fnmatchcase(method, self.method) and self.channel in ("", channel)


class Faults:
    """All troubles of the workspace.

    Args:
        clock: Seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._active: list[Fault] = []
        self._down_until: float | None = None
        self._down_mode: str | None = None
        self.repeats = 0  # how many of the next deliveries are sent twice

    def add(self, fault: Fault) -> None:
        """Switch a trouble on."""
        self._active.append(fault)

    def clear(self) -> None:
        """Switch everything off."""
        self._active.clear()
        self._down_mode = None
        self.repeats = 0

    def take_down(self, mode: str, seconds: float | None) -> None:
        """Make Slack unreachable for so many seconds, or until `bring_up`."""
        self._down_mode = mode
        self._down_until = None if seconds is None else self._clock() + seconds

    def bring_up(self) -> None:
        """End an outage."""
        self._down_mode = None

    @property
    def down(self) -> str | None:
        """The mode of the outage that is on now: "503", "refuse" or None."""
        if self._down_until is not None and self._clock() >= self._down_until:
            self._down_mode = self._down_until = None
        return self._down_mode

    def take(self, method: str, *kinds: str, channel: str = "") -> Fault | None:
        """Return the first trouble of these kinds that hits the call, and use it up by one."""
        now = self._clock()
        self._active = [f for f in self._active if f.until is None or now < f.until]
        for fault in self._active:
            if fault.kind in kinds and fault.hits(method, channel):
                self._use(fault)
                return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.left is None:
            return
        fault.left -= 1
        if fault.left <= 0:
            self._active.remove(fault)
