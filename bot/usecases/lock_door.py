"""The channel's one message of a lock goes ahead of the lock: it tells whether the channel is open.

Where the bot cannot speak, nobody would read of a lock, and of its end neither: it is not set. So
the channel first reads who is about to lock what, which is true whatever comes next, and then what
came of it. While Slack does not answer nobody can know; then the lock is set, and said once Slack
is back.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime

from bot.domain.lock import Lock
from bot.domain.message import Message
from bot.ports import ConflictError, Put, RecordStore, Transaction
from bot.usecases.door import Door, NotHeardError
from bot.usecases.lock_rows import LockScribe
from bot.usecases.speak import Fault, no_fault, parent_id


@dataclass(frozen=True, kw_only=True)
class LockDoor:
    """Asks at the door. All may raise StoreUnavailableError."""

    store: RecordStore
    scribe: LockScribe
    door: Door
    fault: Fault = no_fault

    def closed(self, lock: Lock, now: datetime) -> str | None:
        """Say, once, that a lock is about to be set; return why that cannot be said, if so.

        Raises:
            NotHeardError: it is not known yet: run again later.
        """
        name = parent_id(lock.id)
        if self.store.get(Message, name) is None:
            with contextlib.suppress(ConflictError):  # another run of the same job was first
                puts = (self.scribe.asked(lock, now),)
                self.store.commit(Transaction(cluster=lock.cluster, puts=puts))
            self.fault("lock.before_post")
        heard = self.door.ask(name, "lock.after_post", in_line=True)
        if heard.asking:
            raise NotHeardError
        return heard.closed

    def withdrawn(self, lock: Lock, now: datetime) -> tuple[Put, ...]:
        """Return the row that says that it was not set after all, if the channel read of it."""
        return self.door.taken_back(parent_id(lock.id), self.scribe.withdrawn(lock, now))
