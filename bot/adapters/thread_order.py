"""The order of a thread: its parent first, then row after row."""

from datetime import datetime

from bot.domain import outbox
from bot.domain.message import Message
from bot.ports import RecordStore, Stored


class ThreadOrder:
    """Looks at the rows that come before one.

    Its methods raise StoreUnavailableError, and UnreadableRecordError of a row before.
    """

    def __init__(self, store: RecordStore) -> None:
        self._store = store

    def next_step(self, message: Message, now: datetime) -> outbox.Step:
        """Decide what to do with a row, by itself and by those before it."""
        parent = before = None
        if message.address.thread_of is not None:
            wanted = [message.address.thread_of, outbox.row_before(message.id)]
            rows = self._store.get_many(Message, [w for w in wanted if w is not None])
            by_id = {row.value.id: row for row in rows}
            parent, before = (by_id.get(w or "") for w in wanted)
            before = self._shown_before(before)
        return outbox.next_step(
            message, now, parent.value if parent else None, before.value if before else None
        )

    def waited_for(self, message: Message, now: datetime) -> Stored[Message] | None:
        """Return the row that a row of a thread has to wait for, if that one is due.

        The first that is not shown yet: those between the two wait for it, too.
        """
        parent = self._store.get(Message, message.address.thread_of or "")
        first = self._first_unsaid(message) if parent and parent.value.sent else parent
        due = outbox.due_at(first.value) if first else None
        return first if due is not None and due <= now else None

    def _first_unsaid(self, message: Message) -> Stored[Message] | None:
        first, before = None, self._before(message)
        while before is not None and before.value.sent is None:
            first = before if before.value.dead is None else first
            before = self._before(before.value)
        return first

    def _shown_before(self, before: Stored[Message] | None) -> Stored[Message] | None:
        """Go back over rows that were never shown: else one could overtake those before them."""
        while before is not None and before.value.sent is None and before.value.dead is not None:
            before = self._before(before.value)
        return before

    def _before(self, message: Message) -> Stored[Message] | None:
        earlier = outbox.row_before(message.id) if message.address.thread_of else None
        return self._store.get(Message, earlier) if earlier else None
