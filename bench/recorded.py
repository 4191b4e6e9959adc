"""Was as much recorded as was answered? Bolt says 200 to what was refused or not recorded, too."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.load import Run
from bot.domain.audit import What, from_line
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
