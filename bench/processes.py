"""Processes of a run: started, waited for, weighed, ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import requests

from workers.prctl import die_with_parent

_KEPT = ("PATH", "HOME", "LANG", "VIRTUAL_ENV")
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def running(module: str, *words: str, told: Mapping[str, str], log: Path) -> Iterator[int]:
    """Run `python -m module words` beside us; yield its process id."""
    known = {name: os.environ[name] for name in _KEPT if name in os.environ}
    ends_with_us = partial(die_with_parent, os.getpid(), signal.SIGTERM)
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            env={**known, **told},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            preexec_fn=ends_with_us,  # noqa: PLW1509  two system calls, no locks
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def until(check: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Wait until `check` holds.

    Raises:
        TimeoutError: it does not in time.
    """
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def until_healthy(port: int, seconds: float = 30) -> None:
    """Wait until /healthz answers.

    Raises:
        TimeoutError: it does not.
    """
    deadline = time.monotonic() + seconds
    with requests.Session() as session:
        session.trust_env = False
        while True:
            try:
                if session.get(f"http://127.0.0.1:{port}/healthz", timeout=2).ok:
                    return
            except requests.ConnectionError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing answers on port {port}")
            time.sleep(0.05)


def cpu_seconds(pid: int) -> float:
    """Return the time that a process and its ended children have spent, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / _TICKS


def pss_mib(pid: int) -> float:
    """Return the memory of a process, shared pages by its share of them (Linux: smaps_rollup)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"no Pss for process {pid}")
