"""What `waggle audit` does: see whether the log is whole, take it elsewhere. It reads settings.

It needs no Slack and no Docker, only the secret that the log's key is made from.
"""

import contextlib
import csv
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import typer

from bot.adapters.audit_log import RedisAuditLog
from bot.adapters.audit_mirror import copies, lines_in
from bot.adapters.clock import SystemClock
from bot.adapters.redis_client import connect
from bot.adapters.valkey import EmbeddedValkey, ValkeyError
from bot.domain.audit import (
    GENESIS,
    Fault,
    Head,
    Keys,
    difference,
    from_line,
    verify,
)
from bot.domain.audit.table import COLUMNS, row_of
from bot.domain.moments import moment_of
from bot.ports import AuditLog, StoreUnavailableError
from config.audit_settings import AuditSettings, key_in, load_audit
from config.settings import SettingsError

BROKEN, CANNOT_LOOK = 1, 2
_PAGE = 1_000
_NO_PROOF = "a cut end would not show here (no copy, no --head)"
_HASH = re.compile(r"[0-9a-f]{64}")


def run_verify(file: Path | None, head: str, old_secrets: Sequence[Path]) -> int:
    """Look at a file, or at the log in Redis and its copies; return the exit status."""
    with _told():
        settings = load_audit()
        keys = Keys(settings.key, *(key_in(path) for path in old_secrets))
        check = Check(keys=keys, head=_hash(head))
        if file is not None:
            check.whole(str(file), lines_in(file))
            check.unproven()
        else:
            with _log(settings) as log:
                check.log(log, settings.data_dir / "audit")
    return BROKEN if check.faults else 0


def run_export(file: Path | None, since: str, *, as_csv: bool) -> None:
    """Write a file, or the log in Redis, to the standard output, oldest first."""
    with _told():
        begin = _moment(since)
        if file is not None:
            _write(lines_in(file), begin, as_csv=as_csv)
            return
        with _log(load_audit()) as log:
            _write(oldest_first(log), begin, as_csv=as_csv)


@dataclass(kw_only=True)
class Check:
    """Looks, and says what it finds.

    Attributes:
        head: a hash that must be there, as it was posted; or empty.
        faults: how many were found.
    """

    keys: Keys
    head: str
    faults: int = 0

    def log(self, log: AuditLog, directory: Path) -> None:
        """Look at the log in Redis, and compare it with its copies."""
        # the head first: entries that are written meanwhile only make the log longer
        head = log.head()
        if head == GENESIS and log.length():
            self._broken("Redis", "the head beside the log is gone")
        self.whole("Redis", oldest_first(log), *([] if head == GENESIS else [head]))
        found = list(copies(directory))
        for copy in found:
            self._copy(copy, log)
        if not found:
            self.unproven()

    def whole(self, name: str, lines: Iterator[bytes], *known: Head) -> None:
        """Look at one chain."""
        posted = [Head(seq=0, hash=self.head)] if self.head else []
        verdict = verify(lines, self.keys, [*known, *posted])
        if verdict.fault:
            self._broken(name, verdict.fault.why)
            return
        last = f", the last is {verdict.head.hash}" if verdict.head.seq else ""
        typer.echo(f"ok: {name}: {verdict.head.seq} entries, unbroken{last}")

    def unproven(self) -> None:
        """Say what nothing tells here: without a copy or a known head a log may have been longer.

        The head beside the log in Redis is no proof of its end: who cuts the one can write the
        other.
        """
        if not self.head:
            typer.echo(_NO_PROOF)

    def _copy(self, copy: Path, log: AuditLog) -> None:
        # read first: the log may grow meanwhile, the copy then lacks what is new
        fault: Fault | None = difference(lines_in(copy), oldest_first(log))
        if fault:
            self._broken(f"{copy} and Redis", fault.why)
            verdict = verify(lines_in(copy), self.keys)
            inner = verdict.fault.why if verdict.fault else f"unbroken to entry {verdict.head.seq}"
            typer.echo(f"    the copy itself: {inner}")
            return
        typer.echo(f"ok: {copy}: {sum(1 for _ in lines_in(copy))} entries, the same as in Redis")

    def _broken(self, name: str, why: str) -> None:
        self.faults += 1
        typer.echo(f"BROKEN: {name}: {why}")


def oldest_first(log: AuditLog) -> Iterator[bytes]:
    """Yield all lines of the log."""
    at = 0
    while lines := log.lines(at, _PAGE):
        yield from lines
        at += len(lines)


def _write(lines: Iterator[bytes], begin: datetime | None, *, as_csv: bool) -> None:
    table = csv.writer(sys.stdout, lineterminator="\n")
    if as_csv:
        table.writerow(COLUMNS)
    for line in lines:
        if not as_csv and begin is None:
            typer.echo(line)  # as it stands, readable or not
            continue
        entry = from_line(line)
        if begin is not None and entry.at < begin:
            continue
        if as_csv:
            table.writerow(row_of(entry))
        else:
            typer.echo(line)


def _hash(head: str) -> str:
    """Return a posted hash; what cannot be one is a slip, and no sign of a broken log."""
    known = head.strip().lower()
    if known and not _HASH.fullmatch(known):
        raise SettingsError(["--head: want the whole hash as it was posted, 64 digits 0-9 a-f"])
    return known


def _moment(since: str) -> datetime | None:
    if not since:
        return None
    try:
        return moment_of(since, SystemClock().now())
    except ValueError as error:
        raise SettingsError([f"--since {since}: write it as 7d, 36h or 2026-11-23"]) from error


@contextlib.contextmanager
def _log(settings: AuditSettings) -> Iterator[RedisAuditLog]:
    """Yield the log of REDIS_URL, or of the embedded Valkey that bot and worker share."""
    if settings.redis_url is not None:
        yield RedisAuditLog(connect(settings.redis_url.get_secret_value()))
        return
    embedded = EmbeddedValkey(settings.data_dir)
    embedded.start()
    try:
        yield RedisAuditLog(connect(embedded.url))
    finally:
        embedded.stop()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn what prevents a look into one line and its exit status."""
    try:
        yield
    except SettingsError as error:
        _cannot(*error.problems)
    except StoreUnavailableError as error:
        _cannot(f"Redis does not answer: {error}")
    except ValkeyError as error:
        _cannot(f"no store: {error}")
    except OSError as error:
        _cannot(f"{error.filename}: {error.strerror}")
    except ValueError as error:
        _cannot(f"there is a line that is no entry ({error}): `waggle audit verify` names it")


def _cannot(*lines: str) -> NoReturn:
    for line in lines:
        typer.echo(f"waggle audit: {line}", err=True)
    raise typer.Exit(CANNOT_LOOK)
