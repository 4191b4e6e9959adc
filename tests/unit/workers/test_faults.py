"""The fault hook: nothing unless it is asked for, and then the n-th visit."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workers.faults import fault_from, no_fault

PROGRAM = """
import os, sys
from workers.faults import fault_from
fault = fault_from(os.environ)
for number in range(1, 5):
    fault("other")
    fault("here")
    print(number, flush=True)
"""


def test_unset_it_is_nothing() -> None:
    assert fault_from({}) is no_fault


@pytest.mark.parametrize(
    ("switch", "passed"), [("here", 0), ("here:3", 2), ("nowhere", 4), ("other:4,here:2", 1)]
)
def test_it_kills_at_the_nth_visit(switch: str, passed: int, tmp_path: Path) -> None:
    environ = {"WAGGLE_FAULT_AT": switch, "PYTHONPATH": "."}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=False
    )
    assert len(run.stdout.split()) == passed
    assert (run.returncode == -9) is (passed < 4)


def test_with_a_file_it_kills_once_and_not_the_restarted_process(tmp_path: Path) -> None:
    counter = tmp_path / "visits"
    environ = {
        "WAGGLE_FAULT_AT": "here:2",
        "WAGGLE_FAULT_FILE": str(counter),
        "PYTHONPATH": ".",
    }
    command = [sys.executable, "-c", PROGRAM]
    first = subprocess.run(command, env=environ, capture_output=True, check=False)
    second = subprocess.run(command, env=environ, capture_output=True, check=False)
    assert (first.returncode, second.returncode) == (-9, 0)


def test_each_point_of_a_list_kills_once(tmp_path: Path) -> None:
    environ = {
        "WAGGLE_FAULT_AT": "here,other:2",
        "WAGGLE_FAULT_FILE": str(tmp_path / "visits"),
        "PYTHONPATH": ".",
    }
    command = [sys.executable, "-c", PROGRAM]
    ends = [
        subprocess.run(command, env=environ, capture_output=True, check=False).returncode
        for _ in range(3)
    ]
    assert ends == [-9, -9, 0]


def test_an_armed_point_hits_the_first_that_comes_by_and_nobody_after(tmp_path: Path) -> None:
    environ = {"WAGGLE_FAULT_DIR": str(tmp_path), "PYTHONPATH": "."}
    (tmp_path / "here").write_text("SIGTERM")
    command = [sys.executable, "-c", PROGRAM]
    ends = [
        subprocess.run(command, env=environ, capture_output=True, check=False).returncode
        for _ in range(2)
    ]
    assert ends == [-signal.SIGTERM, 0]
    assert not (tmp_path / "here").exists()
