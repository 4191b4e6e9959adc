"""A worker that is killed at named points (workers/faults.py), and the check that it was."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playground.stage import Role
from playground.stage.cast import Actor, actors
from tests.scenario.recovery_stage import Bench, BrokenStage
from tests.waiting import eventually

A_MOUTH_MAY_BE_FASTER = {"announce.before_post", "announce.after_post", "change.after_post"}
"""A steward's mouth may post the parent before the restarted job does."""


@contextmanager
def primed(bench: Bench, *points: str) -> Iterator[None]:
    """Let what is started meanwhile be killed at each of these points, once; check that it was.

    Afterwards it goes on unharmed: the points count as visited.
    """
    stage = bench.stage
    visits = stage.dir / f"visits-{bench.team.service}"
    plain = dict(stage.extra)
    stage.extra |= {"WAGGLE_FAULT_AT": ",".join(points), "WAGGLE_FAULT_FILE": str(visits)}
    try:
        yield
        visited = Counter(visits.read_text().split())
        for point in set(points) - A_MOUTH_MAY_BE_FASTER:
            name, _, number = point.partition(":")
            assert visited[name] >= int(number or 1), f"the kill at {point} never happened"
    finally:
        stage.extra = plain
        with visits.open("a") as file:
            for point in points:
                name, _, number = point.partition(":")
                file.write(f"{name}\n" * int(number or 1))


@contextmanager
def killed_at(bench: Bench, *points: str) -> Iterator[None]:
    """Run a worker that is killed at each of these points, once; check that it was."""
    with primed(bench, *points):
        restart_worker(bench)
        yield


def restart_worker(bench: Bench) -> None:
    bench.stage.end("worker")  # politely: its steward gives up the lease
    bench.stage.start_missing()
    eventually(lambda: len(bench.stage.actors(Role.RQ_WORKER)) == 2, "two RQ workers")


@dataclass
class Traps:
    """Fault points of a stage (WAGGLE_FAULT_DIR)."""

    stage: BrokenStage
    directory: Path

    def arm(self, point: str, signal: str) -> None:
        """Let the next one who comes to the point get the signal."""
        new = self.directory / ".new"
        new.write_text(signal)
        new.rename(self.directory / point)

    def sleeper(self, *names: str) -> tuple[Actor, str]:
        """Return who sleeps at an armed point (SIGSTOP), and the worker that it belongs to."""

        def found() -> list[tuple[Actor, str]]:
            below = [(a, n) for n in names for a in actors(self.stage.running[n].pid)]
            return [(actor, name) for actor, name in below if state_of(actor.pid) == "T"]

        (asleep,) = eventually(found, "somebody to be stopped at the point")
        return asleep


def state_of(pid: int) -> str:
    """Return the kernel's letter for a process's state (proc(5)); empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""  # it has ended
