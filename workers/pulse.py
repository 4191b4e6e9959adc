"""The heartbeat of an RQ worker: it says "ready" only while the Engine answers, too."""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from bot.domain.trouble import Trouble
from bot.jobs import QueueName
from bot.ports import EngineError, Leases, StoreUnavailableError

PROBE_EVERY = 5.0
LATELY = 15.0
"""Seconds for which an answer of the Engine counts."""

TTL = timedelta(seconds=15)
"""An idle RQ worker beats every 5 s."""

_log = structlog.get_logger("waggle.pulse")


@dataclass(kw_only=True)
class Pulse:
    """Beats when it is called, if the Engine has answered lately.

    The Engine is asked by a thread: a swarm without a leader answers after 20 s, and the queue
    should not wait for that. So is what else may be wrong: a disk may hang, too.

    Attributes:
        queue: which this process listens on.
        troubles: looks at what else this process needs. May raise StoreUnavailableError.
        ready: called after the first heartbeat.
    """

    cluster: str
    queue: QueueName
    who: str
    leases: Leases
    probe: Callable[[], object]
    troubles: Callable[[], Sequence[Trouble]] = tuple
    ready: Callable[[], None] = field(default=lambda: None)
    _troubles: Sequence[Trouble] = ()
    _answered: float = field(default=0.0)
    _well: bool | None = None
    _has_beaten: bool = False

    def start(self) -> None:
        """Begin to ask the Engine."""
        threading.Thread(target=self._keep_asking, name="engine-probe", daemon=True).start()

    def beat(self) -> None:
        """Leave a heartbeat, unless the Engine or Redis is away. Never raises."""
        if not self._answered or time.monotonic() - self._answered > LATELY:
            return
        try:
            self.leases.beat(self.cluster, self.queue.value, self.who, TTL, self._troubles)
        except StoreUnavailableError:
            return  # /readyz sees that by itself
        if not self._has_beaten:
            self._has_beaten = True
            self.ready()

    def look(self) -> None:
        """Look at the Engine and at the rest once, and beat if it answered."""
        if self.ask():
            with contextlib.suppress(StoreUnavailableError):
                self._troubles = self.troubles()
            self.beat()

    def ask(self) -> bool:
        """Ask the Engine once; return whether it answered."""
        try:
            self.probe()
        except EngineError as error:
            self._note(well=False, text=str(error))
            return False
        self._answered = time.monotonic()
        self._note(well=True, text="")
        return True

    def _keep_asking(self) -> None:
        while True:
            self.look()
            time.sleep(PROBE_EVERY)

    def _note(self, *, well: bool, text: str) -> None:
        if well is self._well:
            return
        self._well = well
        if well:
            _log.info("engine_answers", cluster=self.cluster)
        else:
            hint = "the worker needs the Docker API of a swarm manager; it keeps trying"
            _log.warning("engine_away", cluster=self.cluster, error=text[:300], hint=hint)
