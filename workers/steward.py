"""The steward: one per cluster at a time (a lease with a fencing epoch), any number of candidates.

Twice a second, or less often with hundreds of them, it looks at all live rollouts together and
moves each along. Beside it, in threads of their own, so that Slack can never delay a look, the
mouths make Slack show what the outbox says.
"""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import FrameType
from typing import Protocol

import structlog

from bot.domain.trouble import Trouble
from bot.ports import ConflictError, EngineError, Leases, StoreUnavailableError
from workers.whereabouts import whereabouts

TICK = 0.5
"""Seconds between looks, while a look is short (`rest_after`)."""

LONGEST_REST = 1.5
"""Seconds; less than what the lease has left after a look."""

LEASE = timedelta(seconds=4)
"""Renewed each tick, and during a long one; a killed steward's successor starts within it."""

RENEW_EVERY = 1.0
"""Seconds between renewals while a tick runs."""

LONGEST_TICK = 60.0
"""Seconds after which a tick counts as hung: then another steward may lead."""

BEAT = timedelta(seconds=6)
"""How long /readyz believes a heartbeat."""

_log = structlog.get_logger("waggle.steward")


def rest_after(took: float) -> float:
    """Return the seconds to rest after a look that took so long: three quarters of the time.

    With hundreds of live rollouts the looks grow longer, and so come less often.
    """
    return max(0.0, TICK - took, min(3 * took, LONGEST_REST))


class Ticker(Protocol):
    """One look at everything (bot.usecases.supervise)."""

    def tick(self, cluster: str, epoch: int) -> None:
        """Look, move, record."""
        ...


class Flusher(Protocol):
    """The speaker."""

    def flush(self, cluster: str, limit: int) -> object:
        """Send rows that are due; return whatever tells how many."""
        ...


@dataclass(kw_only=True)
class Steward:
    """The loop. `stop()` ends it after the tick that runs.

    Attributes:
        troubles: what its heartbeats say of this process.
        mouths: how many threads speak.
        longest_tick: seconds after which a tick counts as hung.
    """

    cluster: str
    holder: str
    leases: Leases
    supervise: Ticker
    speaker: Flusher
    troubles: Callable[[], Sequence[Trouble]] = tuple
    mouths: int = 2
    longest_tick: float = LONGEST_TICK
    _ending: threading.Event = field(default_factory=threading.Event)
    _leading: threading.Event = field(default_factory=threading.Event)
    _tick_began: float | None = None
    _trouble: str = ""

    def run(self) -> None:
        """Run until `stop()`; survive outages of Redis and of the Engine."""
        threads = [
            threading.Thread(target=self._speak, name=f"mouth-{n}", daemon=True)
            for n in range(self.mouths)
        ]
        threads.append(threading.Thread(target=self._keep_lease, name="lease", daemon=True))
        for thread in threads:
            thread.start()
        while not self._ending.is_set():
            started = time.monotonic()
            self.once()
            self._ending.wait(rest_after(time.monotonic() - started))
        for thread in threads:
            thread.join(timeout=5)
        self._give_up_lease()

    def once(self) -> None:
        """Take or renew the lease, and look once if it is ours."""
        try:
            epoch = self.leases.acquire(self.cluster, self.holder, LEASE)
            if epoch is None:
                self._stand_by()
                return
            self._lead(epoch)
            self._tick(epoch)
            self.leases.beat(self.cluster, "steward", self.holder, BEAT, self.troubles())
            self._all_well()
        except ConflictError as lost:
            # a newer steward's epoch: this one was asleep longer than its lease
            _log.warning("fenced_out", guard=lost.guard)
            self._leading.clear()
        except (StoreUnavailableError, EngineError) as away:
            self._say_once(type(away).__name__, str(away))
        except Exception as error:  # noqa: BLE001  one bad record must not end the steward
            self._say_once(type(error).__name__, "")
            _log.error("tick_failed", error=type(error).__name__, at=whereabouts(error))

    def _tick(self, epoch: int) -> None:
        self._tick_began = time.monotonic()
        try:
            self.supervise.tick(self.cluster, epoch)
        finally:
            self._tick_began = None

    def _keep_lease(self) -> None:
        while not self._ending.wait(RENEW_EVERY):
            self.renew()

    def renew(self) -> None:
        """Renew the lease if a tick runs; should it be lost, the tick's commits are refused.

        Without this, two candidates fenced each other out for ever when a tick took longer than
        the lease: each lost it before its first commit.
        """
        began = self._tick_began
        if began is None or time.monotonic() - began > self.longest_tick:
            return
        try:
            self.leases.acquire(self.cluster, self.holder, LEASE)
        except StoreUnavailableError:
            return  # the tick finds out by itself

    def leads(self) -> bool:
        """Return whether it held the lease when it last looked. From any thread."""
        return self._leading.is_set()

    def stop(self) -> None:
        """End after this tick."""
        self._ending.set()

    def stop_on_signals(self) -> None:
        """Let SIGTERM and SIGINT end the loop."""

        def ended(_signal: int, _frame: FrameType | None) -> None:
            self.stop()

        signal.signal(signal.SIGTERM, ended)
        signal.signal(signal.SIGINT, ended)

    def _lead(self, epoch: int) -> None:
        if not self._leading.is_set():
            _log.info("leading", cluster=self.cluster, epoch=epoch)
            self._leading.set()

    def _stand_by(self) -> None:
        if self._leading.is_set():
            _log.info("standing_by", cluster=self.cluster)
            self._leading.clear()

    def _all_well(self) -> None:
        if self._trouble:
            _log.info("recovered", cluster=self.cluster, after=self._trouble)
            self._trouble = ""

    def _say_once(self, kind: str, text: str) -> None:
        if kind != self._trouble:
            _log.warning("outage", cluster=self.cluster, error=kind, text=text[:300])
            self._trouble = kind

    def _give_up_lease(self) -> None:
        try:
            self.leases.release(self.cluster, self.holder)
        except StoreUnavailableError:
            return  # it ends by itself in seconds

    def _speak(self) -> None:
        speak_while(self._ending, lambda: self._leading.is_set() and self._flush())

    def _flush(self) -> bool:
        return bool(self.speaker.flush(self.cluster, 20))


def speak_while(ending: threading.Event, flush: Callable[[], bool]) -> None:
    """Flush until `ending` is set: at once again while there is work, else after a short rest."""
    while not ending.is_set():
        try:
            busy = flush()
        except (StoreUnavailableError, ConflictError):
            busy = False
        except Exception as error:  # noqa: BLE001  one bad row must not silence the others
            _log.error("speaking_failed", error=type(error).__name__, at=whereabouts(error))
            busy = False
        ending.wait(0.02 if busy else 0.2)
