"""The end of the chain that one process writes: entries owed, linked to a head."""

from collections.abc import Sequence
from typing import Final

from bot.domain.audit import AUDITED, AuditDraft, Head, Keys, Moved, linked, owed
from bot.ports import Clock, Put, Transaction

TRIES: Final = 400
"""Of one commit against other writers, a fraction of a millisecond each.

Each one lost was won by somebody else, so all together get on; so many that ten who never rest keep
none of them out.
"""


class AuditChain:
    """Makes the lines of a transaction. Holds the key; Redis never sees it."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._keys = Keys(key)
        self._clock = clock

    def link(self, drafts: Sequence[AuditDraft], head: Head) -> tuple[list[bytes], Head]:
        """Return the lines that continue the log, and its new head."""
        return linked(drafts, head, self._clock.now(), self._keys)


def judged(put: Put) -> bool:
    """Return whether the record's state before the write must be known to audit it."""
    return put.rev > 0 and isinstance(put.record, AUDITED)


def drafts_of(
    transaction: Transaction, before: dict[tuple[type, str], object]
) -> tuple[AuditDraft, ...]:
    """Return the entries that a transaction owes.

    Args:
        transaction: its `audit` is what the use case says itself.
        before: the records that are `judged`, as they stand at the revision that the put names. One
            that is missing has moved on: then the transaction fails by its own guard.
    """
    moves = []
    for put in transaction.puts:
        old = before.get((type(put.record), put.record.id))
        if not judged(put) or old is not None:
            moves.append(Moved(before=old, after=put.record))
    return owed(moves, transaction.audit, by_steward=transaction.fence is not None)
