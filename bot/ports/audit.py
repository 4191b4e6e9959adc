"""The audit log as it is read, and its copy on disk. Only `RecordStore.commit` writes it."""

from typing import Protocol

from bot.domain.audit import Head


class MirrorError(Exception):
    """The copy on disk cannot be written; the text says why (`No space left on device`)."""


class AuditLog(Protocol):
    """The log in Redis, by positions from 0: the n-th entry stands at n-1 unless it was bent.

    All methods may raise StoreUnavailableError.
    """

    def head(self) -> Head:
        """Return the last entry that was written, as it was noted beside the log."""
        ...

    def length(self) -> int:
        """Return how many entries there are."""
        ...

    def lines(self, start: int, count: int) -> list[bytes]:
        """Return the lines from a position on, oldest first; fewer at the end of the log."""
        ...


class AuditMirror(Protocol):
    """The copy on this machine's disk, a line an entry."""

    def keep_up(self) -> str:
        """Copy what is not there yet, and wait until it is on the disk.

        Returns:
            What a person should know, for instance that the copy did not match and was set aside;
            else nothing.

        Raises:
            MirrorError: it cannot be written.
            StoreUnavailableError: the log cannot be read.
        """
        ...
