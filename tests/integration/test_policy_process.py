"""The policy file as the processes meet it: at their start, while they run, and broken."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import worker_bed as workers
from tests.integration.front_bed import FrontBed, front
from tests.waiting import eventually

READS = "version: 1\nroles: {admin: {users: [U0BOB]}, all: {everyone: true}}\n"
READS += "grants:\n  - {role: all, may: [read]}\n"
SCALES = READS + "  - {role: all, may: [scale]}\n"
BROKEN = "version: 1\nrolls: {}\n"
REDIS = "redis://127.0.0.1:1/0"
"""Where nobody listens: what is refused at the start never gets there."""


def started(module: str, *arguments: str, policy: Path, **more: str) -> tuple[int, list[str]]:
    """Run a process that ends by itself; return its status and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={
            "PATH": os.environ["PATH"],
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_SIGNING_SECRET": "s" * 32,
            "WAGGLE_POLICY": str(policy),
            "REDIS_URL": REDIS,
            **more,
        },
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize(
    ("module", "what", "name"),
    [
        ("bot", "bot", "bot"),
        ("workers", "supervise", "worker"),
        ("workers", "rq", "worker"),
        ("workers", "steward", "worker"),
    ],
)
def test_a_broken_file_at_the_start_is_told_line_by_line(
    module: str, what: str, name: str, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(BROKEN + "grants: 1\n", encoding="utf-8")
    status, lines = started(module, what, policy=file)
    assert status == 2
    assert lines == [
        f"waggle {name}: {file}:2:1: unknown key rolls; did you mean roles?",
        f"waggle {name}: {file}:3:9: want a list, for instance [a, b], or one `- …` a line",
    ]


@pytest.mark.parametrize(("module", "what"), [("bot", "bot"), ("workers", "steward")])
def test_a_directory_or_nothing_is_one_line(module: str, what: str, tmp_path: Path) -> None:
    for policy, says in ((tmp_path, "is a directory"), (tmp_path / "no", "No such file")):
        status, lines = started(module, what, policy=policy)
        assert (status, len(lines)) == (2, 1)
        assert "WAGGLE_POLICY: " in lines[0]
        assert says in lines[0]


@pytest.fixture
def bed(redis_url: str, tmp_path: Path) -> Iterator[workers.WorkerBed]:
    """A worker's environment with a good policy file in it."""
    with workers.worker_bed(redis_url, tmp_path, "unix:///nonexistent/docker.sock") as made:
        file = tmp_path / "policy.yaml"
        file.write_text(READS, encoding="utf-8")
        made.environ["WAGGLE_POLICY"] = str(file)
        yield made


def test_a_worker_s_children_start_again_with_a_broken_file_and_let_nobody(
    bed: workers.WorkerBed,
) -> None:
    supervisor = bed.start("supervise")
    first = bed.child(supervisor.pid, "steward")
    eventually(lambda: bed.log().count("policy in force: ") >= 3, "all three have the rules")
    Path(bed.environ["WAGGLE_POLICY"]).write_text(BROKEN, encoding="utf-8")
    stays = "the last good one stays in force"
    eventually(lambda: bed.log().count(stays) >= 3, "all three see that they are broken")

    def told() -> int:
        texts = [m.text for m in bed.workspace.client.messages()]
        return len([text for text in texts if "policy file is wrong" in text])

    # by the first one: who starts with a broken file alone does not know who the admins are
    eventually(lambda: told() > 0, "the admin is told")
    os.kill(first, signal.SIGKILL)
    none = "none in force, so nobody may do anything"
    eventually(lambda: bed.log().count(none) >= 1, "the new one has none")
    second = bed.child(supervisor.pid, "steward")
    assert second != first
    assert workers.is_alive(second)
    time.sleep(1)  # for a second one, should there be one
    assert told() == 1


def scales(bed: FrontBed) -> bool:
    return "Not allowed" not in str(bed.client.type("ann", "#ops", "/swarm scale web=3").shown)


def warnings(bed: FrontBed) -> list[str]:
    """Return what is said of the policy: of the audit log there is more to say."""
    told = bed.get("/readyz").json()["warnings"]
    return [line for line in told if line.startswith("policy: ")]


def test_a_file_is_in_force_changes_breaks_and_is_mended(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(READS, encoding="utf-8")
    with front(WAGGLE_POLICY=str(file)) as bed:
        (start,) = [e["event"] for e in bed.lines() if "policy in force" in e["event"]]
        assert start.startswith(f"policy in force: {file}, ")
        assert "everyone may do everything" not in bed.log()
        assert warnings(bed) == []
        assert not scales(bed)

        file.write_text(SCALES, encoding="utf-8")
        eventually(lambda: scales(bed))

        file.write_text(BROKEN, encoding="utf-8")
        eventually(lambda: bool(warnings(bed)))
        line = f"{file}:2:1: unknown key rolls; did you mean roles?"
        assert warnings(bed) == [f"policy: {line}"]
        assert scales(bed), "the last good one stays in force"
        eventually(lambda: bool(told_bob(bed)))

        file.write_text(READS, encoding="utf-8")
        eventually(lambda: not scales(bed))
        assert warnings(bed) == []
        assert bed.log().count("policy file: ") == 1
        (told,) = told_bob(bed)
        assert line in told


def told_bob(bed: FrontBed) -> list[str]:
    return [m.text for m in bed.client.messages() if "policy file is wrong" in m.text]
