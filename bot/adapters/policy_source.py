"""The rules in force, from a file that may change at any time.

A file that is broken, or gone, changes nothing: the last good rules stay in force, and who asks is
told what is wrong. Without a last good one nobody may do anything.
"""

import logging
import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from bot.adapters.policy_rules import policy_of
from bot.domain.policy import NOBODY, Policy
from bot.ports import Clock

LOOK_EVERY: Final = timedelta(seconds=1)
"""Between two looks, each one stat() of the file. A change is read when two in a row are alike:
half a file may be a good one, without what its other half asks for."""

_State = tuple[int, int, int, int] | None
_log = logging.getLogger(__name__)


class Reading(Protocol):
    """What a file says, as `config.policy_file` returns it: values, or problems."""

    @property
    def values(self) -> dict[str, Any] | None:
        """Return the validated content; None with problems."""
        ...

    @property
    def canonical(self) -> str:
        """Return the content as text."""
        ...

    @property
    def problems(self) -> tuple[str, ...]:
        """Return what is wrong, one line each."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what may not be meant, one line each."""
        ...


class FilePolicies:
    """Implements `bot.ports.PolicySource`; reads the file when it is made, and when it changed.

    Any thread may ask. While one reads, the others get the rules in force. After a fork the child
    goes on from what its parent knew, so a parent that forks should ask now and then, too.
    """

    def __init__(self, path: Path, read: Callable[[Path], Reading], clock: Clock) -> None:
        self._path = path
        self._read = read
        self._clock = clock
        self._reading = threading.Lock()
        self._pid = os.getpid()
        self._rules = NOBODY
        self._problems: tuple[str, ...] = ()
        self._seen: _State = None
        self._settling: _State = None
        self._looked: datetime | None = None
        self.current()

    def current(self) -> Policy:
        """Return the rules in force; a file that was changed is read again."""
        if os.getpid() != self._pid:
            # another thread of the parent may have held it, which does not exist here
            self._reading, self._pid = threading.Lock(), os.getpid()
        if self._is_due() and self._reading.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._reading.release()
        return self._rules

    def problem(self) -> str:
        """Return what is wrong with the file as it is now, a line for each; empty: nothing."""
        self.current()
        return "\n".join(self._problems)

    def _is_due(self) -> bool:
        now, looked = self._clock.now(), self._looked
        # a clock that was set back must not keep a change away
        return looked is None or not timedelta() <= now - looked < LOOK_EVERY

    def _look(self) -> None:
        first, self._looked = self._looked is None, self._clock.now()
        state = self._state()
        before, self._settling = self._settling, state
        if not first and (state == self._seen or state != before):
            return
        reading = self._read(self._path)
        if not first and self._state() != state:
            return  # it is being written; the next looks will see
        self._seen = state
        if reading.values is None:
            self._broken(reading.problems)
        else:
            self._good(policy_of(reading.values, reading.canonical), reading.warnings)

    def _state(self) -> _State:
        try:
            found = self._path.stat()
        except OSError:
            return None
        # the third changes with the rights, too: a file that may be read at last is read
        return found.st_mtime_ns, found.st_ino, found.st_ctime_ns, found.st_size

    def _broken(self, problems: tuple[str, ...]) -> None:
        new = problems != self._problems
        self._problems = problems
        if not new:
            return
        for line in problems:
            _log.error("policy file: %s", line)
        if self._rules.hash == NOBODY.hash:
            _log.error("policy: none in force, so nobody may do anything")
        else:
            _log.error("policy: the last good one stays in force, %s", short(self._rules))

    def _good(self, policy: Policy, warnings: tuple[str, ...]) -> None:
        mended, self._problems = bool(self._problems), ()
        if policy.hash == self._rules.hash and not mended:
            return
        self._rules = policy
        for line in warnings:
            _log.warning("policy file: %s", line)
        _log.info("policy in force: %s, %s", self._path, short(policy))


def short(policy: Policy) -> str:
    """Return the version of the rules as logs and people say it: eight digits of its hash."""
    return policy.hash[:8]
