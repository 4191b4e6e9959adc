"""The audit log over a FakeRecordStore, and a mirror that can be made to fail."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.audit import Head
from bot.ports import MirrorError, StoreUnavailableError
from tests.fakes.store import FakeRecordStore


@dataclass
class FakeAuditLog:
    """Implements AuditLog."""

    store: FakeRecordStore

    def head(self) -> Head:
        self._answer()
        return self.store.audit_head

    def length(self) -> int:
        self._answer()
        return len(self.store.audit_lines)

    def lines(self, start: int, count: int) -> list[bytes]:
        self._answer()
        return self.store.audit_lines[start : start + count] if count > 0 else []

    def _answer(self) -> None:
        if self.store.down:
            raise StoreUnavailableError("redis is away")


@dataclass
class FakeMirror:
    """Implements AuditMirror.

    Attributes:
        broken: why it cannot be written; empty: it can.
        note: what it has to say, once.
        kept: how many entries it has copied.
    """

    log: FakeAuditLog
    broken: str = ""
    note: str = ""
    kept: list[bytes] = field(default_factory=list)

    def keep_up(self) -> str:
        if self.broken:
            raise MirrorError(self.broken)
        self.kept += self.log.lines(len(self.kept), self.log.length())
        said, self.note = self.note, ""
        return said
