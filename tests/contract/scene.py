"""A speaker with its surroundings, for the suites that look at what it says."""

from dataclasses import replace

from bot.adapters.speaker import Speaker
from bot.domain.message import Message
from bot.ports import (
    Budget,
    Put,
    RecordStore,
    Transaction,
)
from tests.contract import samples
from tests.fakes.budget import FakeBudget
from tests.fakes.clock import FakeClock
from tests.fakes.slack_writer import FakeSlackWriter

PARENT = samples.message("r-1.parent", "rolling")


class Scene:
    """A speaker with its surroundings, and a clock to move."""

    def __init__(self, store: RecordStore) -> None:
        self.store = store
        self.clock = FakeClock()
        self.slack = FakeSlackWriter(clock=self.clock)
        self.budget = FakeBudget()
        self.speaker = Speaker(store, self.slack, self.budget, self.clock)

    def put(self, *messages: Message) -> None:
        for message in messages:
            old = self.store.get(Message, message.id)
            put = Put(record=message, rev=old.rev if old else 0)
            self.store.commit(Transaction(cluster="default", puts=(put,)))

    def row(self, message_id: str = "r-1.parent") -> Message:
        found = self.store.get(Message, message_id)
        assert found is not None
        return found.value

    def want(self, text: str, message_id: str = "r-1.parent", **fields: object) -> None:
        """Change what a row wants, as a use case does: from the newest state of the row."""
        row = self.row(message_id)
        wanted = replace(row.wanted, text=text)
        changed = replace(row, wanted=wanted, wanted_hash=f"hash of {text}")
        self.put(replace(changed, **fields))  # type: ignore[arg-type]  # any field

    def speaks_by(self, budget: Budget) -> Speaker:
        """Return one more speaker, with a budget of its own."""
        return Speaker(self.store, self.slack, budget, self.clock)

    def flush(self) -> int:
        return self.speaker.flush("default")

    def after(self, seconds: float) -> int:
        self.clock.advance(seconds)
        return self.flush()
