"""A child that begins with all that its parent has imported.

Started by exec, each child would import everything again: seconds of all cores, and just when
Waggle is to come back after a fault. A fork is there at once, and shares its memory.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_OURS = (signal.SIGTERM, signal.SIGINT)
_FIRST_OWN = 3  # after stdin, stdout and stderr
_MOST_ELSEWHERE = 1024  # the usual limit of open files


class Forked:
    """One child process, seen from its parent.

    Attributes:
        pid: its id.
        returncode: its exit status, minus the signal that killed it, or None while it runs.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return its exit status, None while it runs."""
        return self._reap(os.WNOHANG)

    def wait(self) -> int:
        """Wait for its end; return its exit status."""
        while (status := self._reap(0)) is None:
            time.sleep(0.01)
        return status

    def send_signal(self, sign: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, sign)

    def _reap(self, options: int) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, options)
            except ChildProcessError:  # somebody else has reaped it
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


def fork(run: Callable[[], int]) -> Forked:
    """Run a function in a child process, in a session of its own; its result is the exit status.

    The child has none of our open files but stdout and stderr: who holds a lock by an open file
    (the embedded Valkey does) shall not share it. To be called from the main thread.
    """
    with _signals_held():
        pid = os.fork()
        if not pid:
            _live(run)
    return Forked(pid)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Keep signals for later: in the child, ours would run until it has its own handlers."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _live(run: Callable[[], int]) -> None:
    """Be the child; does not return."""
    status = 1
    try:
        _be_apart()
        status = run()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else bool(end.code)
    except BaseException:  # noqa: BLE001  nothing may pass: what lies above is the parent's
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _close_ours() -> None:
    """Close what is open, not each number up to the limit: in a container that can be a billion."""
    try:
        numbers = [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208  no objects
    except OSError:  # no Linux
        numbers = list(range(_FIRST_OWN, _MOST_ELSEWHERE))
    for number in numbers:
        if number >= _FIRST_OWN:
            with suppress(OSError):  # the list's own one is closed already
                os.close(number)


def _be_apart() -> None:
    os.setsid()  # Ctrl-C is for the supervisor: it passes on what is meant
    _close_ours()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    for sign in _OURS:
        signal.signal(
            sign, signal.SIG_DFL if sign is signal.SIGTERM else signal.default_int_handler
        )
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS)
