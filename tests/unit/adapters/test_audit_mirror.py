"""The copy on disk: each entry once, after any death; set aside when it does not match."""

import fcntl
import os
import resource
import stat
from pathlib import Path

import pytest

from bot.adapters.audit_mirror import FileMirror, copies, lines_in
from bot.domain.audit import GENESIS, AuditDraft, Keys, linked, verify
from bot.domain.request import Principal
from bot.ports import MirrorError, StoreUnavailableError
from tests.builders import NOW
from tests.fakes.audit import FakeAuditLog
from tests.fakes.store import FakeRecordStore

KEYS = Keys(b"key")


class Bed:
    def __init__(self, directory: Path) -> None:
        self.directory = directory / "audit"
        self.store = FakeRecordStore()
        self.mirror = FileMirror(self.directory, FakeAuditLog(self.store))

    def write(self, count: int, line: str = "") -> None:
        who = Principal(team="T", user="U")
        draft = AuditDraft(
            what="posted", cluster="default", who=who, source="slash", line=line, result=line
        )
        lines, head = linked([draft] * count, self.store.audit_head, NOW, KEYS)
        self.store.audit_lines += lines
        self.store.audit_head = head

    @property
    def file(self) -> Path:
        return self.directory / "audit.jsonl"

    def copied(self) -> list[bytes]:
        return self.file.read_bytes().splitlines()


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path)


def test_it_copies_each_entry_once_and_catches_up(bed: Bed) -> None:
    bed.write(3)
    assert bed.mirror.keep_up() == ""
    assert bed.mirror.keep_up() == ""
    bed.write(1_700)  # several batches, as after a long absence
    assert FileMirror(bed.directory, FakeAuditLog(bed.store)).keep_up() == ""
    assert bed.copied() == bed.store.audit_lines
    assert verify(lines_in(bed.file), KEYS).head == bed.store.audit_head


def test_only_its_user_can_read_it(bed: Bed) -> None:
    bed.write(1)
    bed.mirror.keep_up()
    assert stat.S_IMODE(bed.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(bed.directory.stat().st_mode) == 0o700


def test_an_empty_log_makes_an_empty_copy(bed: Bed) -> None:
    assert bed.mirror.keep_up() == ""
    assert bed.copied() == []


@pytest.mark.parametrize("kept", [1, 100, 250])
def test_a_write_that_was_cut_short_is_finished(bed: Bed, kept: int) -> None:
    """As after a kill, or a full disk: the last line has no end."""
    bed.write(2)
    bed.mirror.keep_up()
    bed.write(1)
    with bed.file.open("ab") as file:
        file.write(bed.store.audit_lines[2][:kept])
    assert len(list(lines_in(bed.file))) == 2
    assert bed.mirror.keep_up() == ""
    assert bed.copied() == bed.store.audit_lines


LONGEST = "\U0001f41d" * 8_000
"""As `line` and as `result`: the longest that an entry holds, of twelve bytes a character."""


@pytest.mark.parametrize("before", [0, 2])
def test_an_entry_of_any_length_is_its_last_line(bed: Bed, before: int) -> None:
    bed.write(before)
    bed.write(1, LONGEST)
    assert len(bed.store.audit_lines[-1]) > 140_000
    assert bed.mirror.keep_up() == ""
    assert bed.mirror.keep_up() == ""
    bed.write(1)
    assert bed.mirror.keep_up() == ""
    assert bed.copied() == bed.store.audit_lines


@pytest.mark.parametrize("kept", [70_000, 140_000])
@pytest.mark.parametrize("before", [0, 1])
def test_a_long_write_that_was_cut_short_is_finished(bed: Bed, before: int, kept: int) -> None:
    bed.write(before)
    bed.mirror.keep_up()
    bed.write(1, LONGEST)
    with bed.file.open("ab") as file:
        file.write(bed.store.audit_lines[-1][:kept])
    assert bed.mirror.keep_up() == ""
    assert bed.copied() == bed.store.audit_lines


def test_a_copy_that_was_changed_is_set_aside_and_kept(bed: Bed) -> None:
    bed.write(3)
    bed.mirror.keep_up()
    changed = bed.file.read_bytes().replace(b'"seq":3', b'"seq":4')
    bed.file.write_bytes(changed)
    assert "set aside as audit.1.jsonl" in bed.mirror.keep_up()
    assert bed.copied() == bed.store.audit_lines
    assert (bed.directory / "audit.1.jsonl").read_bytes() == changed
    assert [path.name for path in copies(bed.directory)] == ["audit.jsonl", "audit.1.jsonl"]
    assert bed.mirror.keep_up() == ""


def test_a_log_that_was_cut_or_emptied_sets_the_copy_aside(bed: Bed) -> None:
    bed.write(5)
    bed.mirror.keep_up()
    del bed.store.audit_lines[3:]
    assert "audit.1.jsonl" in bed.mirror.keep_up()
    bed.store.audit_lines.clear()
    bed.store.audit_head = GENESIS
    assert "audit.2.jsonl" in bed.mirror.keep_up()
    assert len(list(lines_in(bed.directory / "audit.1.jsonl"))) == 5
    assert bed.mirror.keep_up() == ""


def test_an_entry_taken_out_of_redis_sets_the_copy_aside_once(bed: Bed) -> None:
    bed.write(5)
    bed.mirror.keep_up()
    del bed.store.audit_lines[1]
    assert "audit.1.jsonl" in bed.mirror.keep_up()
    bed.write(2)
    assert bed.mirror.keep_up() == ""
    assert bed.copied() == bed.store.audit_lines


def test_a_disk_that_is_full_or_read_only_is_said(bed: Bed) -> None:
    bed.directory.parent.joinpath("audit").write_text("a file where the directory should be")
    with pytest.raises(MirrorError, match="exists"):
        bed.mirror.keep_up()


def test_a_full_disk_is_said_and_the_copy_goes_on_later(bed: Bed) -> None:
    bed.write(2)
    bed.mirror.keep_up()
    bed.write(5)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bed.file.stat().st_size + 900, limits[1]))
    try:
        with pytest.raises(MirrorError, match="File too large"):
            bed.mirror.keep_up()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert verify(lines_in(bed.file), KEYS).fault is None
    assert bed.mirror.keep_up() == ""
    assert bed.copied() == bed.store.audit_lines


def hasty(bed: Bed, log: FakeAuditLog | None = None) -> FileMirror:
    return FileMirror(bed.directory, log or FakeAuditLog(bed.store), locked_for=0.05)


def test_one_writes_at_a_time(bed: Bed) -> None:
    bed.write(1)
    bed.mirror.keep_up()
    with (bed.directory / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(MirrorError, match="another process"):
            hasty(bed).keep_up()
    assert bed.mirror.keep_up() == ""


def test_a_process_forked_in_the_middle_does_not_keep_the_lock(bed: Bed) -> None:
    """It has every open file, too: here they are duplicated, as a fork does."""
    copies_of: list[int] = []

    class Forked(FakeAuditLog):
        def lines(self, start: int, count: int) -> list[bytes]:
            lock = str(bed.directory / "lock")
            for entry in list(Path("/proc/self/fd").iterdir()):
                if os.path.realpath(entry) == lock:
                    copies_of.append(os.dup(int(entry.name)))  # noqa: PERF401  a list of open files
            return super().lines(start, count)

    bed.write(1)
    try:
        hasty(bed, Forked(bed.store)).keep_up()
        assert copies_of
        assert hasty(bed).keep_up() == ""
    finally:
        for file in copies_of:
            os.close(file)


def test_without_redis_nothing_is_set_aside(bed: Bed) -> None:
    bed.write(2)
    bed.mirror.keep_up()
    bed.store.down = True
    with pytest.raises(StoreUnavailableError):
        bed.mirror.keep_up()
    assert [path.name for path in copies(bed.directory)] == ["audit.jsonl"]
