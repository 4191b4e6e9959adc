"""A denial in the audit log: once a minute, however often somebody types or clicks the same.

Entries are kept for ever, and whoever may do nothing may still type.
"""

import hashlib
import json
from datetime import timedelta
from typing import Final

from bot.domain.audit import What, audited
from bot.domain.policy import Decision
from bot.domain.request import Request
from bot.ports import ConflictError, Once, RecordStore, StoreUnavailableError, Transaction

_NOTED: Final = "denied"
MERGED_FOR: Final = timedelta(minutes=1)
"""Equal denials of one person are one entry for so long."""


def note_denial(
    store: RecordStore, request: Request, target: str, decision: Decision, delivery: Once
) -> str:
    """Leave a denial in the audit log; nothing else is recorded.

    Return what this very delivery was answered with the first time, empty if it is the first.

    Args:
        store: where the log is; without it, it is denied all the same.
        request: what was asked for.
        target: service, node or network.
        decision: why not.
        delivery: by which a repeated delivery is known.
    """
    entry = audited(request, What.DENIED, target=target, decision=decision)
    same = Once(key=_key(request, target, decision), value=_NOTED, ttl=MERGED_FOR)
    write = Transaction(cluster=request.cluster, audit=(entry,), once=(delivery, same))
    try:
        store.commit(write)
    except ConflictError as known:
        return "" if known.found == _NOTED else known.found
    except StoreUnavailableError:
        return ""
    return ""


def _key(request: Request, target: str, decision: Decision) -> str:
    by = request.by
    parts = [request.cluster, by.team, by.user, request.line, target, decision.rule]
    return f"denied:{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}"
