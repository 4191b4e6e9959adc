"""Say something to one person by the outbox: the answer to a mention, why a click was refused."""

import contextlib
import hashlib
from dataclasses import dataclass

from bot.domain.message import Address, Message, Urgency
from bot.domain.outbox import content_hash
from bot.domain.reply import Said
from bot.domain.request import Place, Principal
from bot.ports import (
    Clock,
    ConflictError,
    Destination,
    Put,
    RecordStore,
    SlackError,
    SlackWriter,
    StoreUnavailableError,
    Transaction,
    Voice,
)
from bot.usecases.signpost import signpost
from bot.usecases.speak import Mouth


@dataclass(frozen=True, kw_only=True)
class Whisper:
    """Write the row, then try to send it at once; the steward sends what was not."""

    store: RecordStore
    voice: Voice
    clock: Clock
    mouth: Mouth
    slack: SlackWriter
    cluster: str = "default"

    def run(self, place: Place, to: Principal, delivery: str, said: Said) -> None:
        """Say something; a repeated delivery says nothing twice.

        Args:
            place: where the person is.
            to: the person.
            delivery: what this is the answer to.
            said: as typed or worded, not escaped.
        """
        row = self._row(place, to, delivery, said)
        puts = (Put(record=row, rev=0), *signpost(row))
        try:
            self.store.commit(Transaction(cluster=self.cluster, puts=puts))
        except ConflictError:
            return  # it was said, or is being said
        except StoreUnavailableError:
            self._say_directly(row)
            return
        with contextlib.suppress(StoreUnavailableError):
            self.mouth.flush_one(row.id)

    def _row(self, place: Place, to: Principal, delivery: str, said: Said) -> Message:
        name = "w-" + hashlib.sha256(delivery.encode()).hexdigest()[:16]
        content = self.voice.private(said)
        return Message(
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

    def _say_directly(self, row: Message) -> None:
        """Say it without the outbox: the store is away, and nobody would learn of it otherwise.

        It may be said twice, should the row have been written all the same.
        """
        to = row.address
        with contextlib.suppress(SlackError):
            if to.response_url:
                self.slack.respond(to.response_url, row.wanted)
            else:
                where = Destination(channel=to.channel, thread_ts=to.thread_ts, user=to.private_to)
                self.slack.post_ephemeral(where, row.wanted)
