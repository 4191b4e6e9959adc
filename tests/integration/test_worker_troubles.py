"""What real processes of a worker say of themselves in Redis: a disk, a policy file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.trouble import Concern, Trouble
from tests.integration.http_server import Answered, Asked, served
from tests.integration.worker_bed import WorkerBed, worker_bed
from tests.unit.config.policies import ISSUE
from tests.waiting import eventually


def idle_engine(asked: Asked) -> Answered:
    """Answer as an Engine of no nodes and no services."""
    version = {"ApiVersion": "1.41", "Version": "20.10.24"}
    return Answered(body=version if asked.path == "/version" else [])


@pytest.fixture
def bed(redis_url: str, tmp_path: Path) -> Iterator[WorkerBed]:
    with (
        served(idle_engine) as docker,
        worker_bed(redis_url, tmp_path, f"tcp://127.0.0.1:{docker.port}") as made,
    ):
        yield made


def told(bed: WorkerBed, concern: Concern) -> dict[str, Trouble]:
    """Return the troubles of that concern by the role of the process that has it."""
    processes = bed.leases.troubles().get("default", {})
    return {
        name.partition(" ")[0]: trouble
        for name, troubles in processes.items()
        for trouble in troubles
        if trouble.concern is concern
    }


def test_a_disk_that_cannot_be_written_is_told_by_who_writes_it_until_it_can(
    bed: WorkerBed,
) -> None:
    (bed.data / "audit").write_text("a file where the directory should be")
    bed.start("supervise")
    everybody = {"queries": 1, "rollouts": 1, "steward": 1}
    eventually(lambda: bed.leases.beats().get("default") == everybody)
    found = eventually(lambda: found if len(found := told(bed, Concern.AUDIT)) == 2 else None)
    assert set(found) == {"rollouts", "steward"}
    assert "File exists" in found["rollouts"].text
    (bed.data / "audit").unlink()
    eventually(lambda: not told(bed, Concern.AUDIT))
    assert bed.leases.beats()["default"] == everybody


def test_a_policy_file_that_breaks_is_told_by_each_process_until_it_is_mended(
    bed: WorkerBed,
) -> None:
    file = bed.data / "policy.yaml"
    file.write_text(ISSUE, encoding="utf-8")
    bed.start("supervise", WAGGLE_POLICY=str(file))
    eventually(lambda: len(bed.leases.beats().get("default", {})) == 3)
    assert told(bed, Concern.POLICY) == {}
    file.write_text("rolls: {}\n", encoding="utf-8")
    found = eventually(lambda: found if len(found := told(bed, Concern.POLICY)) == 3 else None)
    assert all("policy.yaml:1:1" in trouble.text for trouble in found.values())
    file.write_text(ISSUE, encoding="utf-8")
    eventually(lambda: not told(bed, Concern.POLICY))
