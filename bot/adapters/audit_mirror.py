"""The audit log's copy on disk: one growing file of JSON lines, written before it is relied on.

The file is the log's beginning, byte by byte. What was written is never written again and never
changed: a copy that does not match Redis any more is set aside under a number, and a new one is
begun. Who writes holds a lock on a file, so that the processes of a machine take turns.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.domain.audit import from_line
from bot.ports import AuditLog, MirrorError

FILE: Final = "audit.jsonl"
_BATCH: Final = 500
LOCKED_FOR: Final = 15.0
"""Seconds to wait for another process that writes: it writes for milliseconds, but may be put to
sleep while it does. After that, changes are refused for good, so this is not short."""

_TAIL: Final = 1 << 16
"""Bytes read first from the end of the file; an entry has some six hundred, a long one more."""

_ENDS: Final = 2
"""The ends of lines that are read for the last one: its own, and that of the line before."""


class FileMirror:
    """Implements `bot.ports.AuditMirror` in a directory."""

    def __init__(self, directory: Path, log: AuditLog, locked_for: float = LOCKED_FOR) -> None:
        """Take where the copy is, what it copies, and how many seconds to wait for its lock."""
        self._dir = directory
        self._log = log
        self._locked_for = locked_for

    def keep_up(self) -> str:
        """Copy what is not there yet, and wait until it is on the disk."""
        try:
            self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked():
                return self._copy()
        except OSError as error:
            raise MirrorError(error.strerror or type(error).__name__) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(self._dir / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            deadline = time.monotonic() + self._locked_for
            while not _taken(lock):
                if time.monotonic() > deadline:
                    raise MirrorError("another process holds its lock")
                time.sleep(0.005)
            try:
                yield
            finally:
                # said aloud: a process forked meanwhile has the file open, too, and would hold on
                fcntl.flock(lock, fcntl.LOCK_UN)
        finally:
            os.close(lock)

    def _copy(self) -> str:
        file = os.open(self._dir / FILE, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            at = self._position(file)
            if at is not None:
                self._append(file, at)
                return ""
        finally:
            os.close(file)
        aside = self._set_aside()
        self._copy()
        return f"the copy did not match Redis and was set aside as {aside}; a new one was begun"

    def _position(self, file: int) -> int | None:
        """Return how many entries the file has, None when it is not the log's beginning."""
        last = _last_line(file)
        if last is None:
            return 0
        for count in (_seq_in(last), None):
            # its number tells where it stands, unless entries were taken out of Redis
            at = _count_lines(file) if count is None else count
            if at > 0 and self._log.lines(at - 1, 1) == [last]:
                return at
        return None

    def _append(self, file: int, at: int) -> None:
        os.lseek(file, 0, os.SEEK_END)
        while lines := self._log.lines(at, _BATCH):
            rest = memoryview(b"".join(line + b"\n" for line in lines))
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
            if at == 0:
                self._keep_names()
            at += len(lines)

    def _keep_names(self) -> None:
        """Have the files' names on the disk, too."""
        directory = os.open(self._dir, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _set_aside(self) -> str:
        number = 1
        while (aside := self._dir / f"audit.{number}.jsonl").exists():
            number += 1
        (self._dir / FILE).rename(aside)
        return aside.name


def copies(directory: Path) -> list[Path]:
    """Return the files of a mirror: the present copy first, then those that were set aside."""
    aside = sorted(directory.glob("audit.*.jsonl"), key=lambda path: (len(path.name), path.name))
    present = directory / FILE
    return [*([present] if present.exists() else []), *aside]


def lines_in(path: Path) -> Iterator[bytes]:
    """Yield a copy's lines; a last one without its end (a write under way) is left out.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line[:-1]


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _last_line(file: int) -> bytes | None:
    """Return the last whole line; what a killed writer left after it is taken off."""
    size = os.fstat(file).st_size
    begin, tail = size, b""
    while begin > 0 and tail.count(b"\n") < _ENDS:
        begin = max(0, size - max(_TAIL, 2 * (size - begin)))
        tail = os.pread(file, size - begin, begin)
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail):
        os.ftruncate(file, begin + len(whole))
    return whole[:-1].rpartition(b"\n")[2] if whole else None


def _seq_in(line: bytes) -> int:
    try:
        return from_line(line).seq
    except ValueError:
        return 0


def _count_lines(file: int) -> int:
    count, at = 0, 0
    while block := os.pread(file, 1 << 20, at):
        count += block.count(b"\n")
        at += len(block)
    return count
