"""The audit log: who did what, when, from where, by which rule, and what came of it.

The store itself makes the entries of the records it knows (`owed`), so that no transition can be
written without its entry. What no record shows (a denial) is added to the transaction by the use
case: `Transaction(audit=(audited(request, What.DENIED, …),))`. A
draft of the same record and word as one that the store makes is not said twice: the two are merged,
so `audited(request, What.ACCEPTED, decision=decision)` only adds the decision.
"""

from bot.domain.audit.chain import (
    GENESIS,
    Fault,
    Head,
    Keys,
    Verdict,
    difference,
    linked,
    verify,
)
from bot.domain.audit.derive import AUDITED, Moved, owed
from bot.domain.audit.entry import (
    STEWARD,
    AuditDraft,
    AuditEntry,
    Ruling,
    What,
    audited,
    from_line,
    ruling,
)
from bot.domain.audit.search import Wanted, found

__all__ = [
    "AUDITED",
    "GENESIS",
    "STEWARD",
    "AuditDraft",
    "AuditEntry",
    "Fault",
    "Head",
    "Keys",
    "Moved",
    "Ruling",
    "Verdict",
    "Wanted",
    "What",
    "audited",
    "difference",
    "found",
    "from_line",
    "linked",
    "owed",
    "ruling",
    "verify",
]  # fmt: skip
