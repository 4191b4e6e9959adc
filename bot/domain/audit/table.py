"""The log as a table for spreadsheets."""

from __future__ import annotations

from datetime import UTC

from bot.domain.audit.entry import AuditEntry, Ruling

COLUMNS = (
    *("seq", "at", "cluster", "team", "user", "source", "place", "what", "subject", "target"),
    *("line", "outcome", "rule", "reasons", "fingerprint", "result", "key", "prev_hash", "hash"),
    "policy",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def row_of(entry: AuditEntry) -> tuple[str, ...]:
    """Return an entry's cells. A cell that a spreadsheet would run as a formula begins with a '."""
    draft = entry.draft
    said = draft.decision or Ruling(outcome="")
    cells = (
        str(entry.seq),
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        draft.cluster,
        draft.who.team,
        draft.who.user,
        draft.source,
        draft.place,
        draft.what,
        draft.subject,
        draft.target,
        draft.line,
        said.outcome,
        said.rule,
        "; ".join(said.reasons),
        draft.fingerprint,
        draft.result,
        entry.key,
        entry.prev_hash,
        entry.hash,
        said.policy,
    )
    return tuple(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
