"""What the single faults share: fault points that are armed while the processes run."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from playground.stage.cast import Actor, actors
from tests.scenario.recovery_faults import restart_worker
from tests.scenario.recovery_stage import Bench, BrokenStage
from tests.waiting import eventually


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
            return [(actor, name) for actor, name in below if _state(actor.pid) == "T"]

        (asleep,) = eventually(found, "somebody to be stopped at the point")
        return asleep


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""  # it has ended


@pytest.fixture
def traps(bench: Bench, tmp_path: Path) -> Iterator[Traps]:
    """The bench, with a worker that looks for armed points."""
    stage, plain = bench.stage, dict(bench.stage.extra)
    stage.extra |= {"WAGGLE_FAULT_DIR": str(tmp_path)}
    restart_worker(bench)
    yield Traps(stage, tmp_path)
    stage.extra = plain
    for point in tmp_path.iterdir():
        point.unlink()
