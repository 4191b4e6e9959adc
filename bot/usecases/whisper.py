"""Say something to one person by the outbox: the answer to a mention, why a click was refused."""

import hashlib
from dataclasses import dataclass

from bot.domain.message import Address, Message, Urgency
from bot.domain.outbox import content_hash
from bot.domain.reply import Said
from bot.domain.request import Place, Principal
from bot.ports import (
    Clock,
    ConflictError,
    Put,
    RecordStore,
    StoreUnavailableError,
    Transaction,
    Voice,
)
from bot.usecases.speak import Mouth


@dataclass(frozen=True, kw_only=True)
class Whisper:
    """Write the row, then try to send it at once; the steward sends what was not."""

    store: RecordStore
    voice: Voice
    clock: Clock
    mouth: Mouth
    cluster: str = "default"

    def run(self, place: Place, to: Principal, delivery: str, text: str) -> None:
        """Say `text`; a repeated delivery says nothing twice."""
        name = "w-" + hashlib.sha256(delivery.encode()).hexdigest()[:16]
        content = self.voice.private(Said(text=text))
        row = Message(
            id=name,
            cluster=self.cluster,
            subject=name,
            address=Address(
                channel=place.channel,
                thread_ts=place.thread_ts,
                private_to=to.user,
                response_url=place.response_url,
            ),
            wanted=content,
            wanted_hash=content_hash(content),
            urgency=Urgency.ANSWER,
            created_at=self.clock.now(),
            final=True,
        )
        try:
            self.store.commit(Transaction(cluster=self.cluster, puts=(Put(record=row, rev=0),)))
            self.mouth.flush_one(row.id)
        except (ConflictError, StoreUnavailableError):
            return
