"""Daemons of the lab: started apart from us, found by their command line, ended by pidfd.

There are no pid files: a stale one names a stranger. A process is ours if its arguments hold one of
our own paths in the place where only our daemons have it.
"""

import itertools
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from playground.lab.shell import run, wait_until

_LOOKS = 20


def spawn(command: Sequence[str], log: Path) -> None:
    """Start a daemon in a session of its own, as nobody's child, writing to the log.

    As our child it would become a zombie of a test run that kills it.
    """
    script = 'log=$1; shift; exec "$@" >>"$log" 2>&1 </dev/null'
    run(["setsid", "--fork", "sh", "-c", script, "sh", str(log), *command])


def arguments(pid: int) -> tuple[str, ...]:
    """Return the command line of a process; empty if it is gone or a zombie.

    In the middle of an exec it is empty for a moment: what is starting is waited for, or it would
    not be ended with the others.
    """
    for _ in range(_LOOKS):
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return ()
        if raw:
            return tuple(raw.decode(errors="replace").rstrip("\0").split("\0"))
        if not _has_program(pid):
            return ()
        time.sleep(0.005)
    return ()


def _has_program(pid: int) -> bool:
    """Tell whether it runs a program: zombies and kernel threads do not."""
    try:
        return bool(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return False


def owned(option: str, place: Path) -> list[int]:
    """Return the processes whose argument after `option` is a path below `place`."""
    pids = (int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit())
    return [pid for pid in pids if _is_ours(pid, option, place)]


def _is_ours(pid: int, option: str, place: Path) -> bool:
    pairs = itertools.pairwise(arguments(pid))
    return any(name == option and value.startswith(f"{place}/") for name, value in pairs)


def end(option: str, place: Path) -> None:
    """Kill what `owned` finds and wait until nothing is left.

    Raises:
        LabError: if something is left after 10 s.
    """

    def none_left() -> bool:
        pids = owned(option, place)
        for pid in pids:
            _kill(pid, lambda found: _is_ours(found, option, place))
        return not pids

    wait_until(none_left, f"processes with {option} {place}/ to end", seconds=30)


def _kill(pid: int, is_ours: Callable[[int], bool]) -> None:
    """Kill a process; the pidfd makes sure that what we checked is what we kill."""
    with suppress(ProcessLookupError):
        pidfd = os.pidfd_open(pid)
        try:
            if is_ours(pid):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                select.select([pidfd], [], [], 1)  # readable when the process has ended
        finally:
            os.close(pidfd)


def birth(pid: int) -> str:
    """Return when a process started, in clock ticks since boot; empty if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return fields[19]
