"""Entries of an audit log to be shown."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.audit import AuditDraft, AuditEntry, Head, Ruling
from bot.domain.request import Principal
from tests.builders import ANN, BOB, NOW

HEAD = Head(seq=1812, hash="5f" * 32)
DRAFT = AuditDraft(
    what="completed",
    cluster="default",
    who=ANN,
    source="steward",
    place="C1",
    subject="r-7k2mq9xw",
    target="web",
    line="update --image shop/web:2.4 web",
    fingerprint="ab" * 32,
    result="revision 4",
)
_RULING = Ruling(outcome="require_approval", rule="grants[1] (operator)", reasons=("two approve",))
_DRAFTS = (
    DRAFT,
    replace(DRAFT, what="rolling_back", who=BOB, source="button", line="rollback web", result=""),
    replace(DRAFT, what="planned", source="slash", decision=_RULING),
    replace(
        DRAFT,
        what="denied",
        who=Principal(team="", user=""),
        source="cli",
        target="",
        line="",
        result="<!channel> `x`",
    ),
)


def audit_entries(count: int) -> tuple[AuditEntry, ...]:
    """Return so many entries, newest first."""
    return tuple(
        AuditEntry(
            draft=_DRAFTS[number % len(_DRAFTS)],
            seq=HEAD.seq - number,
            at=NOW - timedelta(seconds=number),
            key="k",
            prev_hash="",
        )
        for number in range(count)
    )
