"""Channels that should be told of something and cannot be posted to.

Of a rollout's notice, who asked for it reads so. Of the audit log's head there is nobody to ask:
it is remembered for /readyz alone.
"""

import contextlib
from dataclasses import dataclass, replace

from bot.domain.audit.heads import is_head
from bot.domain.change import Change
from bot.domain.message import Message, Urgency
from bot.domain.notice import root_id
from bot.domain.reply import Unheard
from bot.domain.request import Request
from bot.domain.rollout.record import Rollout
from bot.ports import Clock, ClosedChannels, ConflictError, Put, RecordStore, Transaction, Voice
from bot.usecases.refusals import not_heard
from bot.usecases.speak import new_row, private_address, private_id


@dataclass(frozen=True, kw_only=True)
class Doors:
    """The speaker's doorkeeper: looks at notices' parents, one a channel and rollout, and at heads.

    Attributes:
        channels: those that cannot be told of a rollout.
        heads: the one that cannot be told the audit log's head.
    """

    store: RecordStore
    voice: Voice
    clock: Clock
    channels: ClosedChannels
    heads: ClosedChannels

    def refused(self, message: Message, code: str) -> None:
        """Remember the channel, and say it to the requester once per rollout and channel.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        if is_head(message.id):
            self.heads.close(message.address.channel, code)
        if not _is_notice(message):
            return
        self.channels.close(message.address.channel, code)
        request = self._request(message.subject)
        name = private_id(message.id)
        if request is None or self.store.get(Message, name) is not None:
            return
        told = self._told(name, request, message, code)
        with contextlib.suppress(ConflictError):  # another speaker said it just now
            puts = (Put(record=told, rev=0),)
            self.store.commit(Transaction(cluster=message.cluster, puts=puts))

    def opened(self, message: Message) -> None:
        """Forget that the channel could not be posted to.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        if _is_notice(message):
            self.channels.open(message.address.channel)
        if is_head(message.id):  # it is said: a channel that was named before does not matter
            for channel in self.heads.closed():
                self.heads.open(channel)

    def _request(self, subject: str) -> Request | None:
        rollout = self.store.get(Rollout, subject)
        if rollout is not None:
            return rollout.value.request
        change = self.store.get(Change, subject)
        return change.value.request if change else None

    def _told(self, name: str, request: Request, message: Message, code: str) -> Message:
        channel = message.address.channel
        reply = Unheard(channel=channel, subject=request.id, code=code, next_step=not_heard(code))
        content = self.voice.private(reply)
        address = private_address(request.place, request.by.user)
        made = new_row(name, request, content, address, self.clock.now())
        return replace(made, urgency=Urgency.ANSWER, final=True)


def _is_notice(message: Message) -> bool:
    return message.id == root_id(message.subject, message.address.channel)
