import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.adapters.policy_source import FilePolicies, short
from bot.domain.policy import NOBODY
from config import policy_file
from config.policy_file import Reading
from tests.fakes.clock import FakeClock

GOOD = "version: 1\nroles: {ops: {users: [%s]}}\n"
BROKEN = "version: 1\nrolls: {}\n"


class File:
    """A policy file, its source, and how often it was read."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.clock = FakeClock()
        self.reads = 0
        self.write(text)
        self.source = FilePolicies(path, self.read, self.clock)

    def read(self, path: Path) -> Reading:
        self.reads += 1
        return policy_file.read(path)

    def write(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")

    def settle(self) -> None:
        """Let the look pass that finds it changed, and come to the one that may read it."""
        self.clock.advance(1)
        self.source.current()
        self.clock.advance(1)

    def ops(self) -> set[str]:
        roles = self.source.current().roles
        return set(roles["ops"].users) if "ops" in roles else set()


@pytest.fixture
def file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> File:
    caplog.set_level(logging.INFO)
    return File(tmp_path / "policy.yaml", GOOD % "U001")


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [record.getMessage() for record in caplog.records]
    caplog.clear()
    return lines


def test_it_is_read_at_the_start_and_the_log_says_which(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = File(tmp_path / "policy.yaml", GOOD % "U001")
    assert file.ops() == {"U001"}
    version = file.source.current().hash
    warning, in_force = said(caplog)
    assert in_force == f"policy in force: {file.path}, {version[:8]}"
    assert "no grants: nobody may do anything" in warning


def test_it_is_looked_at_once_a_second_and_read_when_it_changed(file: File) -> None:
    file.write(GOOD % "U002")
    assert file.ops() == {"U001"}
    file.clock.advance(1)
    assert file.ops() == {"U001"}
    file.clock.advance(0.9)
    assert file.ops() == {"U001"}
    file.clock.advance(0.1)
    assert file.ops() == {"U002"}
    for _ in range(3):
        file.clock.advance(1)
        file.ops()
    assert file.reads == 2


SAFE = "environments: {production: {match: {label: env=prod}, images: {require_digest: true}}}\n"


def test_half_a_file_is_not_in_force_for_a_moment(
    file: File, caplog: pytest.LogCaptureFixture
) -> None:
    """It is good by itself, and says nothing of approvals."""
    said(caplog)
    for end in ("", "# so far\n", "# and on\n", SAFE):
        file.write(GOOD % "U002" + end)
        file.clock.advance(1)
        assert file.ops() == {"U001"}
    file.clock.advance(1)
    assert file.ops() == {"U002"}
    assert [found.name for found in file.source.current().environments] == ["production"]
    assert [line for line in said(caplog) if "in force" in line] == [
        f"policy in force: {file.path}, {short(file.source.current())}"
    ]


def test_what_is_written_while_it_is_read_does_not_count(tmp_path: Path) -> None:
    file = File(tmp_path / "policy.yaml", GOOD % "U001")
    file.write(GOOD % "U002")
    file.clock.advance(1)
    file.source.current()

    def overtaken(path: Path) -> Reading:
        found = policy_file.read(path)
        file.write(GOOD % "U003" + SAFE)
        file.source._read = policy_file.read
        return found

    file.source._read = overtaken
    file.clock.advance(1)
    assert file.ops() == {"U001"}
    file.settle()
    assert file.ops() == {"U003"}


def test_a_clock_that_is_set_back_keeps_no_change_away(file: File) -> None:
    file.write(GOOD % "U002")
    for _ in range(2):
        file.clock.advance(-3600)
        seen = file.ops()
    assert seen == {"U002"}


def test_a_file_that_is_replaced_by_one_of_the_same_size_and_time_is_seen(file: File) -> None:
    new = file.path.with_name("new")
    new.write_text(GOOD % "U002", encoding="utf-8")
    old = file.path.stat()
    os.utime(new, ns=(old.st_atime_ns, old.st_mtime_ns))
    new.replace(file.path)
    file.settle()
    assert file.ops() == {"U002"}


def test_a_symbolic_link_that_is_turned_is_seen(tmp_path: Path) -> None:
    """As Kubernetes and some deployment tools change files."""
    for name in ("U001", "U002"):
        (tmp_path / name).write_text(GOOD % name, encoding="utf-8")
    link = tmp_path / "policy.yaml"
    link.symlink_to(tmp_path / "U001")
    clock = FakeClock()
    source = FilePolicies(link, policy_file.read, clock)
    link.unlink()
    link.symlink_to(tmp_path / "U002")
    clock.advance(1)
    source.current()
    clock.advance(1)
    assert source.current().roles["ops"].users == {"U002"}


def test_each_problem_is_logged_once(file: File, caplog: pytest.LogCaptureFixture) -> None:
    said(caplog)
    for _ in range(3):
        file.write(BROKEN)
        file.settle()
        assert "unknown key rolls" in file.source.problem()
    problem, stays = said(caplog)
    assert problem.startswith(f"policy file: {file.path}:2:1: unknown key rolls")
    assert stays == f"policy: the last good one stays in force, {short(file.source.current())}"


def test_another_problem_is_logged_again_and_so_is_the_end(
    file: File, caplog: pytest.LogCaptureFixture
) -> None:
    file.write(BROKEN)
    file.settle()
    file.source.current()
    said(caplog)
    file.write("version: 2\n")
    file.settle()
    file.source.current()
    assert "2 is unknown" in said(caplog)[0]
    file.write(GOOD % "U001")
    file.settle()
    assert file.source.problem() == ""
    assert said(caplog)[-1].startswith("policy in force: ")


def test_a_new_comment_changes_nothing_and_is_not_worth_a_line(
    file: File, caplog: pytest.LogCaptureFixture
) -> None:
    said(caplog)
    before = file.source.current()
    file.write(GOOD % "U001" + "# on call this week\n")
    file.settle()
    assert file.source.current() is before
    assert file.reads == 2
    assert said(caplog) == []


def test_a_file_that_goes_leaves_its_rules_in_force(file: File) -> None:
    file.path.unlink()
    file.settle()
    assert file.source.problem().endswith("cannot be read: No such file or directory")
    assert file.ops() == {"U001"}
    file.write(GOOD % "U002")
    file.settle()
    assert file.ops() == {"U002"}


def test_a_file_that_may_be_read_at_last_is_read(file: File) -> None:
    """Its time of change stays as it is then."""
    stat, text = file.path.stat(), file.path.read_text(encoding="utf-8")
    assert text
    file.source.current()
    file.path.chmod(0o640)
    assert file.path.stat().st_mtime_ns == stat.st_mtime_ns
    file.settle()
    file.source.current()
    assert file.reads == 2


def test_a_file_that_is_broken_at_the_start_lets_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = File(tmp_path / "policy.yaml", BROKEN)
    assert file.source.current() == NOBODY
    assert said(caplog)[-1] == "policy: none in force, so nobody may do anything"
    file.write(GOOD % "U001")
    file.settle()
    assert file.ops() == {"U001"}


def test_while_one_thread_reads_the_others_get_the_rules_in_force(tmp_path: Path) -> None:
    file = File(tmp_path / "policy.yaml", GOOD % "U001")
    started, may_end = threading.Event(), threading.Event()

    def slow(path: Path) -> Reading:
        started.set()
        assert may_end.wait(10)
        return policy_file.read(path)

    file.write(GOOD % "U002")
    file.settle()
    file.source._read = slow
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(file.ops)
        assert started.wait(10)
        file.clock.advance(5)
        assert file.ops() == {"U001"}
        may_end.set()
        assert reading.result() == {"U002"}


def test_a_child_goes_on_from_what_its_parent_knew(tmp_path: Path) -> None:
    """Forked while another thread of the parent was reading, with a file that is broken now."""
    file = File(tmp_path / "policy.yaml", GOOD % "U001")
    file.write(BROKEN)
    file.settle()
    file.source._reading.acquire()
    assert file.source.problem() == ""  # nobody can look
    file.source._pid = -1  # what a child finds
    assert "unknown key rolls" in file.source.problem()
    assert file.ops() == {"U001"}
