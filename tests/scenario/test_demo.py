"""The demo as a person runs it in a terminal: to its end, or Control-C; nothing stays behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from playground.demo.script import scenes
from playground.lab.state import load
from playground.lab.swarm import DEFAULT_DIR


def _sessions(leader: int) -> list[str]:
    """Return the command lines of what still runs in a terminal's session."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                words = (entry / "cmdline").read_text().split("\0")
            except OSError:
                continue  # it ended while we looked
            if int(stat.rsplit(")", 1)[1].split()[3]) == leader:
                found.append(" ".join(words))
    return found


def _labs(owner: int) -> list[Path]:
    found = DEFAULT_DIR.parent.glob(f"{DEFAULT_DIR.name}-*")
    return [lab for lab in found if (state := load(lab)) is not None and state.owner == owner]


def _begun(tmp_path: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "playground", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )


def _interrupted(tmp_path: Path, *options: str) -> str:
    """Run the demo until its first rollout goes on, type Control-C, and return what it said."""
    with _begun(tmp_path, *options) as demo:
        assert demo.stdout is not None
        opening = demo.stdout.readline()
        told = next((line for line in demo.stdout if "progressing" in line), "nothing")
        assert "create web_http" in told
        assert bool(_labs(demo.pid)) is not bool(options)
        os.killpg(demo.pid, signal.SIGINT)  # a terminal sends it to all in the foreground
        rest = demo.stdout.read()
        assert demo.wait(60) == 130, rest
    assert "Traceback" not in rest
    assert _sessions(demo.pid) == []
    assert _labs(demo.pid) == []
    assert list(tmp_path.iterdir()) == []
    return opening


@pytest.mark.usefixtures("swarm")  # it says, and skips, where no swarm can run
def test_control_c_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    assert _interrupted(tmp_path).startswith("Starting three Docker engines")


def test_it_plays_on_a_simulated_swarm_and_says_so(tmp_path: Path) -> None:
    assert "SIMULATED swarm" in _interrupted(tmp_path, "--simulated")


def test_it_plays_to_its_end_on_a_simulated_swarm(tmp_path: Path) -> None:
    """A minute and a half: people's pauses and Slack's limits are kept."""
    with _begun(tmp_path, "--simulated") as demo:
        try:
            told, _ = demo.communicate(timeout=280)
        except subprocess.TimeoutExpired:
            os.killpg(demo.pid, signal.SIGINT)
            told, _ = demo.communicate(timeout=60)
            raise AssertionError(f"it did not end:\n{told[-4000:]}") from None
    script = scenes("any")
    assert demo.returncode == 0, told[-4000:]
    summary = told.partition("Summary")[2]
    assert f"All ended as it should: {len(script)} scenes" in summary
    marked = [line for line in summary.splitlines() if line.startswith("✓")]
    endings = [line.rpartition("  ")[2] for line in marked]
    assert endings == [f"{scene.title}: {scene.end or 'answered'}" for scene in script]
    assert "Traceback" not in told
    assert _sessions(demo.pid) == []
    assert list(tmp_path.iterdir()) == []
