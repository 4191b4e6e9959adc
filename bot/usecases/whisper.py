"""Say something to one person, by the outbox.

The answer to a mention, or why a click was refused.
"""

import hashlib
from dataclasses import dataclass

from bot.domain.reply import Said
from bot.domain.request import Place, Principal
from bot.ports import (
    Clock,
    ConflictError,
    Put,
    RecordStore,
    Speaks,
    StoreUnavailableError,
    Transaction,
    Voice,
)
from bot.usecases.speak import private_message


@dataclass(frozen=True, kw_only=True)
class Whisper:
    """Write the row, then try to send it at once; the steward sends what was not."""

    store: RecordStore
    voice: Voice
    clock: Clock
    speaker: Speaks
    cluster: str = "default"

    def run(self, place: Place, to: Principal, delivery: str, text: str) -> None:
        """Say `text`; a repeated delivery says nothing twice."""
        name = "w-" + hashlib.sha256(delivery.encode()).hexdigest()[:16]
        message = private_message(
            name,
            self.cluster,
            place,
            to.user,
            self.voice.private(Said(text=text)),
            self.clock.now(),
        )
        try:
            self.store.commit(Transaction(cluster=self.cluster, puts=(Put(record=message, rev=0),)))
            self.speaker.flush_one(message.id)
        except (ConflictError, StoreUnavailableError):
            return
