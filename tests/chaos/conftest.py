"""What the single faults share: fault points that are armed while the processes run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenario.recovery_faults import Traps, restart_worker
from tests.scenario.recovery_stage import Bench


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
