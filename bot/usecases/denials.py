"""A denial in the audit log: once a minute, however often somebody types or clicks the same.

Entries are kept for ever, and whoever may do nothing may still type.
"""

import contextlib
import hashlib
import json
from datetime import timedelta
from typing import Final

from bot.domain.audit import What, audited
from bot.domain.policy import Decision
from bot.domain.request import Request
from bot.ports import ConflictError, Once, RecordStore, StoreUnavailableError, Transaction

MERGED_FOR: Final = timedelta(minutes=1)
"""Equal denials of one person are one entry for so long."""


def note_denial(
    store: RecordStore, request: Request, target: str, decision: Decision, delivery: Once
) -> None:
    """Leave a denial in the audit log; nothing else is recorded.

    Args:
        store: where the log is; without it, it is denied all the same.
        request: what was asked for.
        target: service, node or network.
        decision: why not.
        delivery: by which a repeated delivery is known.
    """
    entry = audited(request, What.DENIED, target=target, decision=decision)
    same = Once(key=_key(request, target, decision), value=request.id, ttl=MERGED_FOR)
    write = Transaction(cluster=request.cluster, audit=(entry,), once=(delivery, same))
    with contextlib.suppress(ConflictError, StoreUnavailableError):  # noted already, or nowhere to
        store.commit(write)


def _key(request: Request, target: str, decision: Decision) -> str:
    by = request.by
    parts = [request.cluster, by.team, by.user, request.line, target, decision.rule]
    return f"denied:{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}"
