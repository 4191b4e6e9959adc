"""What the audit log says was recorded, and when.

Bolt says 200 to what was refused or not recorded, too, and a record's `touched_at` moves on with
each change of its progress: neither is a measure.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bench.load import Run
from bot.domain.audit import AuditEntry, What, from_line
from bot.domain.rollout.record import RolloutState
from bot.ports import AuditLog

_BATCH = 1000


@dataclass
class Accepted:
    """Counts the commands that the audit log says were accepted."""

    log: AuditLog
    _read: int = 0
    _found: int = 0

    def __call__(self) -> int:
        """Return how many there are by now."""
        while lines := self.log.lines(self._read, _BATCH):
            self._read += len(lines)
            self._found += sum(from_line(line).draft.what == What.ACCEPTED for line in lines)
        return self._found


def held(what: str, recorded: Callable[[], int], run: Callable[[], Run]) -> Run:
    """Return what came of a load, if each answer has its record.

    Raises:
        RuntimeError: it has not, or an answer was bad.
    """
    before = recorded()
    done = run()
    found, answers = recorded() - before, len(done.latencies)
    if done.bad:
        raise RuntimeError(f"{what}: {done.bad} of {answers} answers were not 200: no figures")
    if found != answers:
        raise RuntimeError(f"{what}: {answers} answers, but {found} recorded: no figures")
    return done


def entered(log: AuditLog, wanted: Mapping[str, RolloutState]) -> dict[str, float]:
    """Return when each rollout first came to its state, seconds since the epoch.

    Its state's word must be the entry's: one that gets under way is `started` or `resumed`.

    Raises:
        RuntimeError: not each did.
    """
    at: dict[str, float] = {}
    for entry in _entries(log):
        name = entry.draft.subject
        if name in wanted and entry.draft.what == wanted[name].value:
            at.setdefault(name, entry.at.timestamp())
    if missing := sorted(wanted.keys() - at):
        raise RuntimeError(f"no entry of {', '.join(missing)}: no figures")
    return at


def _entries(log: AuditLog) -> Iterator[AuditEntry]:
    read = 0
    while lines := log.lines(read, _BATCH):
        read += len(lines)
        yield from map(from_line, lines)
