"""A swarm with two services, and somebody who asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.approval import Approval, ApprovalNote
from bot.domain.audit import Head
from bot.domain.change import Change, Query
from bot.domain.grammar import Command, parse
from bot.domain.lock import Telling
from bot.domain.message import Content, Message
from bot.domain.notice import Notice
from bot.domain.reply import Reply
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.record import Rollout
from bot.domain.subscription import Subscription
from bot.ports import Put, Record, Transaction
from bot.usecases.answer import Answer
from bot.usecases.gate import Gate
from bot.usecases.speak import Scribe, private_id
from tests.builders import a_request, a_spec
from tests.fakes.audit import FakeAuditLog
from tests.fakes.clock import FakeClock
from tests.fakes.policy import FakeCalendar, FakePeople, FakePolicies
from tests.fakes.store import FakeRecordStore
from tests.fakes.swarm import FakeSwarm


@dataclass
class Listener:
    """A voice that keeps the replies it was given, and a speaker that counts."""

    replies: list[Reply] = field(default_factory=list)
    flushed: list[str] = field(default_factory=list)
    file_name: str | None = None
    chokes_on: tuple[type[Reply], ...] = ()

    def parent(self, rollout: Rollout) -> Content:
        raise AssertionError("a read has no parent")

    def note(self, rollout: Rollout, note: Note) -> Content:
        raise AssertionError("a read has no thread")

    def change(self, change: Change) -> Content:
        raise AssertionError("a read changes nothing")

    def change_note(self, change: Change, kind: NoteKind) -> Content:
        raise AssertionError("a read drains nothing")

    def lock(self, telling: Telling) -> Content:
        raise AssertionError("a read says nothing of a lock")

    def notice(self, notice: Notice) -> Content:
        raise AssertionError("a read is told to nobody else")

    def subscribed(self, made: Subscription) -> Content:
        raise AssertionError("a read subscribes to nothing")

    def audit_head(self, at: Head, day: str) -> Content:
        raise AssertionError("a read says no head")

    def approval(self, approval: Approval) -> Content:
        raise AssertionError("a read asks nobody")

    def approval_note(self, approval: Approval, note: ApprovalNote) -> Content:
        raise AssertionError("a read asks nobody")

    def review(self, subject: Rollout | Change) -> Content:
        raise AssertionError("a read breaks no glass")

    def private(self, reply: Reply) -> Content:
        if isinstance(reply, self.chokes_on):
            raise OverflowError("PW=hunter2")
        self.replies.append(reply)
        return Content(text=repr(reply), file_name=self.file_name)

    def flush_one(self, message_id: str) -> object:
        self.flushed.append(message_id)
        return None


class Desk:
    """Everything that answers, in memory: `ask("ps web")`."""

    def __init__(self, cluster: str = "default") -> None:
        self.cluster = cluster
        self.clock = FakeClock()
        self.swarm = FakeSwarm(self.clock)
        self.store = FakeRecordStore(self.clock)
        self.ear = Listener()
        self.policies, self.calendar = FakePolicies(), FakeCalendar()
        self.gate = Gate(
            policies=self.policies,
            people=FakePeople(),
            calendar=self.calendar,
            locks=self.store,
            clock=self.clock,
        )
        for tag in ("v1", "v2"):
            self.swarm.add_image(f"httpd:{tag}")
        self._queries = 0

    def run(self, name: str = "web", image: str = "httpd:v1", **spec: Any) -> str:
        """Create a service and let it come up."""
        reference = self.swarm.resolve_image(image).reference
        made = self.swarm.create_service(a_spec(reference, name=name, **spec))
        self.clock.advance(3)
        return made

    def keep(self, *records: Record) -> None:
        """Store records."""
        puts = tuple(Put(record=record, rev=0) for record in records)
        self.store.commit(Transaction(cluster=self.cluster, puts=puts))

    def answer(self, **fields: Any) -> Answer:
        """Return the use case."""
        values: dict[str, Any] = {
            "store": self.store,
            "swarm": self.swarm,
            "registry": self.swarm,
            "scribe": Scribe(store=self.store, voice=self.ear),
            "speaker": self.ear,
            "clock": self.clock,
            "gate": self.gate,
            "audit": FakeAuditLog(self.store),
        }
        return Answer(**{**values, **fields})

    def ask(self, line: str) -> Reply:
        """Type a line, run the job, and return what was answered."""
        query = self.typed(line)
        self.answer().run(query.id)
        assert self.ear.flushed[-1] == private_id(query.id)
        assert self.message(query.id) is not None
        return self.ear.replies[-1]

    def typed(self, line: str) -> Query:
        """Store an accepted query."""
        command = parse(line)
        assert isinstance(command, Command), command
        self._queries += 1
        name = f"q-{self._queries}"
        request = a_request(
            id=name, line=line, command=command.to_json(), accepted_at=self.clock.now()
        )
        query = Query(id=name, cluster=self.cluster, request=request)
        self.keep(query)
        return query

    def message(self, query_id: str) -> Message | None:
        """Return the answer's row of the outbox."""
        stored = self.store.get(Message, private_id(query_id))
        return stored.value if stored else None


def texts(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return (label, value) lines by label."""
    return dict(pairs)
