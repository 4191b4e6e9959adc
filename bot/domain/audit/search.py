"""Looking something up in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.audit.entry import AuditEntry, from_line


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which entries are looked for; what is empty or None restricts nothing.

    Attributes:
        target: a service, node or network; an entry's record id does, too.
        by: a Slack user id.
        since: aware UTC.
    """

    cluster: str = ""
    target: str = ""
    by: str = ""
    since: datetime | None = None

    def fits(self, entry: AuditEntry) -> bool:
        """Return whether an entry is looked for."""
        draft = entry.draft
        return (
            self.cluster in {"", draft.cluster}
            and self.target in {"", draft.target, draft.subject}
            and self.by in {"", draft.who.user}
            and not self.is_over(entry)
        )

    def is_over(self, entry: AuditEntry) -> bool:
        """Return whether the entry, and so all before it, is too old."""
        return self.since is not None and entry.at < self.since

    def may_fit(self, line: bytes) -> bool:
        """Return whether it is worth while to read the line: a quick look for the words in it."""
        return all(word.encode() in line for word in (self.target, self.by) if word.isascii())


def found(
    newest_first: Iterator[bytes],
    wanted: Wanted,
    most: int,
    may: Callable[[AuditEntry], bool] = lambda _: True,
) -> list[AuditEntry]:
    """Return the newest entries that are looked for; a line that cannot be read is passed over.

    Args:
        newest_first: lines of the log.
        wanted: what is looked for.
        most: so many at most.
        may: whether an entry that is looked for may be shown.
    """
    hits: list[AuditEntry] = []
    for line in newest_first:
        if not wanted.may_fit(line) and wanted.since is None:
            continue
        try:
            entry = from_line(line)
        except ValueError:
            continue
        if wanted.is_over(entry) or len(hits) == most:
            break
        if wanted.fits(entry) and may(entry):
            hits.append(entry)
    return hits
