"""What is said of locks, as rows of the outbox, in the transaction that changes the lock.

The channel has one message a lock, kept current, and its end in that message's thread, shown in the
channel as well. Persons (who waited, whose lock was taken, who forgot one) are told directly.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.lock import Lock, LockNews, Telling
from bot.domain.message import Address, Content, Message, Urgency
from bot.domain.outbox import Way, content_hash
from bot.ports import Put, RecordStore, Stored, Voice
from bot.usecases.speak import parent_id


@dataclass(frozen=True, kw_only=True)
class LockScribe:
    """Writes the rows that go with a lock."""

    store: RecordStore
    voice: Voice

    def asked(self, lock: Lock, now: datetime) -> Put:
        """Return the first row of the lock's one message: it is about to be set."""
        return Put(record=self._parent(LockNews.ASKED, lock, now), rev=0)

    def withdrawn(self, lock: Lock, now: datetime) -> Content:
        """Return what that row says when the lock was not set after all."""
        return self.voice.lock(Telling(news=LockNews.WITHDRAWN, lock=lock, now=now))

    def begun(self, lock: Lock, now: datetime) -> Put:
        """Return the row of the lock's one message, now that it is set."""
        return self._shown(lock, now)

    def ended(self, lock: Lock, now: datetime, *, is_free: bool = True) -> tuple[Put, ...]:
        """Return the rows that tell of the end.

        Args:
            lock: after its end.
            now: aware UTC.
            is_free: tell those who wait; not when somebody else holds it now.
        """
        return (
            *self._in_channel(lock, now),
            *(self._taken(lock, now) if lock.ended_by not in {None, lock.owner.user} else ()),
            *(self._waiters(lock, now) if is_free else ()),
        )

    def nag(self, lock: Lock, now: datetime) -> Put:
        """Return the row that reminds the owner."""
        telling = Telling(news=LockNews.NAG, lock=lock, now=now, to=lock.owner.user)
        return self._direct(f"nag{now:%Y%m%dT%H%M%S}", telling)

    def _in_channel(self, lock: Lock, now: datetime) -> Iterator[Put]:
        news = Telling(news=LockNews.ENDED, lock=lock, now=now)
        if lock.automatic:  # its rollout's end has told of it: there is no message of its own
            address = Address(channel=lock.channel)
            yield Put(record=self._row(f"{lock.id}.end", news, address), rev=0)
            return
        yield self._shown(lock, now)
        address = Address(channel=lock.channel, thread_of=parent_id(lock.id), broadcast=True)
        yield Put(record=self._row(f"{lock.id}.1", news, address), rev=0)

    def _taken(self, lock: Lock, now: datetime) -> tuple[Put, ...]:
        if lock.automatic:
            return ()
        telling = Telling(news=LockNews.TAKEN, lock=lock, now=now, to=lock.owner.user)
        return (self._direct("taken", telling),)

    def _waiters(self, lock: Lock, now: datetime) -> Iterator[Put]:
        """Yield them in the order in which they asked: rows of one moment go by their ids."""
        for number, waiter in enumerate(lock.waiters, 1):
            telling = Telling(news=LockNews.FREE, lock=lock, now=now, to=waiter.user)
            yield self._direct(f"free{number:04d}.{waiter.user}", telling)

    def _shown(self, lock: Lock, now: datetime) -> Put:
        stored = self.store.get(Message, parent_id(lock.id))
        fresh = self._parent(LockNews.SHOWN, lock, now)
        fresh = replace(fresh, final=lock.ended_at is not None)
        return _edited(stored, fresh) if stored is not None else Put(record=fresh, rev=0)

    def _parent(self, news: LockNews, lock: Lock, now: datetime) -> Message:
        telling = Telling(news=news, lock=lock, now=now)
        return self._row(parent_id(lock.id), telling, Address(channel=lock.channel))

    def _direct(self, name: str, telling: Telling) -> Put:
        """Return the row of a direct message: it waits for Slack as long as it takes."""
        address = Address(channel=telling.lock.channel)
        row = self._row(f"{telling.lock.id}.{name}", telling, address)
        extra = {"via": Way.DM.value, "requester": telling.to}
        return Put(record=replace(row, urgency=Urgency.HELP, extra=extra), rev=0)

    def _row(self, message_id: str, telling: Telling, address: Address) -> Message:
        content = self.voice.lock(telling)
        return Message(
            id=message_id,
            cluster=telling.lock.cluster,
            subject=telling.lock.id,
            address=address,
            wanted=content,
            wanted_hash=content_hash(content),
            created_at=telling.now,
            final=True,
        )


def _edited(stored: Stored[Message], fresh: Message) -> Put:
    shown = replace(
        stored.value,
        wanted=fresh.wanted,
        wanted_hash=fresh.wanted_hash,
        final=fresh.final,
        tries=0,
    )
    return Put(record=shown, rev=stored.rev)
