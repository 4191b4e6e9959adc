"""Which entries a lock owes: one when it is set, one when it ends."""

from collections.abc import Iterable, Sequence

from bot.domain.audit.entry import STEWARD, AuditDraft, What
from bot.domain.lock.record import Lock
from bot.domain.request import Request


def of_lock(before: Lock | None, after: Lock, requests: Sequence[Request]) -> Iterable[AuditDraft]:
    """Yield what happened to a lock; what nobody asked for in this transaction, the steward saw.

    Args:
        before: as it was, None if it is new.
        after: as it will be.
        requests: those of the same transaction.
    """
    if before is None:
        by = "" if after.automatic else after.owner.user
        yield _draft(after, What.LOCKED, _asked_by(by, requests), after.reason)
    elif before.ended_at is None and after.ended_at is not None:
        asker = _asked_by(after.ended_by or "", requests)
        reason = after.end_reason if after.ended_by else "its time was up"
        yield _draft(after, What.UNLOCKED, asker, reason)


def _asked_by(user: str, requests: Sequence[Request]) -> Request | None:
    return next((each for each in requests if each.by.user == user), None)


def _draft(lock: Lock, what: What, asker: Request | None, result: str) -> AuditDraft:
    return AuditDraft(
        what=what,
        cluster=lock.cluster,
        who=asker.by if asker else lock.owner,
        source=asker.source.value if asker else STEWARD,
        place=asker.place.channel if asker else lock.channel,
        subject=lock.id,
        target=lock.scope.words,
        line=asker.line if asker else "",
        result=result,
    )
