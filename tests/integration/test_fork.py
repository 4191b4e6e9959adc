"""Children of the supervisor: what they take along, and how they end."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.worker_bed import is_alive, name
from tests.waiting import eventually
from workers.fork import Forked, fork
from workers.prctl import be_called, die_with_parent

_DESCRIPTORS = Path("/proc/self/fd")


def forever() -> int:
    threading.Event().wait()
    return 0


def writes(path: Path, what: Callable[[], object]) -> Callable[[], int]:
    """Return what a child does: say something in a file."""

    def run() -> int:
        new = path.with_suffix(".new")
        new.write_text(str(what()))
        new.rename(path)
        return 0

    return run


@pytest.mark.parametrize(("status", "end"), [(0, 0), (3, 3)])
def test_its_result_is_the_exit_status(status: int, end: int) -> None:
    assert fork(lambda: status).wait() == end


def test_an_exit_is_a_status_too() -> None:
    assert fork(lambda: sys.exit(4)).wait() == 4
    assert fork(lambda: sys.exit("no")).wait() == 1


def test_an_error_is_shown_and_is_status_1() -> None:
    # apart, as pytest has files of its own in the place of our stderr
    script = "from workers.fork import fork; raise SystemExit(fork(lambda: 1 // 0).wait())"
    run = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert "ZeroDivisionError" in run.stderr


def test_a_killed_one_tells_by_which_signal() -> None:
    child = fork(forever)
    assert child.poll() is None
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert child.poll() == -signal.SIGKILL
    child.send_signal(signal.SIGKILL)  # it is gone: nobody else is hit


def test_a_signal_ends_it_whatever_its_parent_does_with_that_signal() -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        child = fork(forever)
        child.send_signal(signal.SIGTERM)
        assert child.wait() == -signal.SIGTERM
    finally:
        signal.signal(signal.SIGTERM, before)


def test_it_has_none_of_our_files_and_its_own_session(tmp_path: Path) -> None:
    with (tmp_path / "held").open("w") as held:
        descriptors = writes(tmp_path / "fds", lambda: sorted(map(str, _DESCRIPTORS.iterdir())))
        assert fork(descriptors).wait() == 0
        assert _DESCRIPTORS / str(held.fileno()) in list(_DESCRIPTORS.iterdir())
    # the fourth is the directory that is being listed
    assert (tmp_path / "fds").read_text() == str([f"/proc/self/fd/{n}" for n in range(4)])
    child = fork(writes(tmp_path / "sid", lambda: os.getsid(0)))
    child.wait()
    assert (tmp_path / "sid").read_text() == str(child.pid)


def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    def parent() -> int:
        pid = os.getpid()

        def child() -> int:
            die_with_parent(pid)
            be_called("waggle:steward")
            return forever()

        writes(tmp_path / "child", lambda: fork(child).pid)()
        return forever()

    above = fork(parent)
    below = int(eventually(lambda: _read(tmp_path / "child")))
    eventually(lambda: name(below) == "waggle:steward")
    above.send_signal(signal.SIGKILL)
    above.wait()
    eventually(lambda: not is_alive(below))


def test_a_child_that_somebody_else_has_reaped_is_gone() -> None:
    child = fork(lambda: 0)
    os.waitpid(child.pid, 0)
    assert Forked(child.pid).wait() == 0


def test_a_name_that_the_kernel_would_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="15 bytes"):
        be_called("waggle:something")


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
