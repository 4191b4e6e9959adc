"""A whole worker in memory: real use cases, real rendering, real speaker; fakes at the edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.adapters.speaker import Speaker
from bot.domain.change import Action, ActionKind, Change, Query
from bot.domain.grammar import Command, parse
from bot.domain.grammar.suggest import nearest
from bot.domain.jsontypes import JsonObject
from bot.domain.message import Content, Message
from bot.domain.policy import OPEN, Policy
from bot.domain.request import Place, Principal, Request, Source
from bot.domain.revision import History
from bot.domain.rollout.record import Rollout
from bot.jobs import Job, JobName
from bot.ports import EngineUnavailableError, Put, Transaction
from bot.rendering.voice import BlockKitVoice
from bot.usecases.doors import Doors
from bot.usecases.gate import Gate
from bot.usecases.open_record import opened, prefix_of
from bot.usecases.propose import JOB_OF
from bot.usecases.speak import no_fault, parent_id, private_id
from tests.fakes.audit import FakeAuditLog, FakeMirror
from tests.fakes.budget import FakeBudget
from tests.fakes.clock import FakeClock
from tests.fakes.closed_channels import FakeClosedChannels
from tests.fakes.ids import FakeIds
from tests.fakes.inventories import FakeInventories
from tests.fakes.leases import FakeLeases
from tests.fakes.policy import FakeCalendar, FakePeople, FakePolicies
from tests.fakes.queue import FakeJobQueue
from tests.fakes.slack_writer import FakeSlackWriter, Shown
from tests.fakes.store import FakeRecordStore
from tests.fakes.swarm import FakeSwarm
from workers.wiring import Ports, UseCases, wire

ANN = Principal(team="T1", user="U1ANN")
BOB = Principal(team="T1", user="U2BOB")
CHANNEL = "C1"


class KilledError(BaseException):
    """Stands for SIGKILL: nothing in the code under test catches it."""


@dataclass
class Bed:
    """One cluster, one channel, two people."""

    policy: Policy = OPEN
    clock: FakeClock = field(default_factory=FakeClock)
    ids: FakeIds = field(default_factory=FakeIds)
    fault: Callable[[str], None] = no_fault
    audit_channel: str = ""
    cluster: str = "default"

    def __post_init__(self) -> None:
        self.shared = self.clock
        self.store = FakeRecordStore(clock=self.clock)
        self.audit = FakeAuditLog(self.store)
        self.mirror = FakeMirror(self.audit)
        self.said: list[str] = []
        self.leases = FakeLeases(clock=self.clock, epochs=self.store.epochs)
        self.queue = FakeJobQueue()
        self.inventories = FakeInventories(clock=self.clock)
        self.slack = FakeSlackWriter(clock=self.clock)
        self.swarm = FakeSwarm(self.clock)
        self.closed, self.untold = FakeClosedChannels(), FakeClosedChannels()
        self.voice = BlockKitVoice(open_policy=True)
        doors = Doors(
            store=self.store,
            voice=self.voice,
            clock=self.clock,
            channels=self.closed,
            heads=self.untold,
        )
        self.speaker = Speaker(self.store, self.slack, FakeBudget(), self.clock, doors, self._at)
        self.errors: list[tuple[str, Exception]] = []
        self.points: list[str] = []
        for tag in ("v1", "v2", "v3"):
            self.swarm.add_image(f"reg/httpd:{tag}")
        self.policies, self.people = FakePolicies(self.policy), FakePeople()
        self.calendar = FakeCalendar()
        self.gate = Gate(
            policies=self.policies,
            people=self.people,
            calendar=self.calendar,
            locks=self.store,
            clock=self.clock,
        )
        self.use = self.wired()

    def wired(self) -> UseCases:
        """New use cases over the same world, as a restarted process has them."""
        return wire(self.ports())

    def ports(self) -> Ports:
        """The world, as the use cases see it."""
        return Ports(
            store=self.store,
            swarm=self.swarm,
            registry=self.swarm,
            voice=self.voice,
            queue=self.queue,
            speaker=self.speaker,
            clock=self.clock,
            shared_clock=self.shared,
            gate=self.gate,
            suggest=nearest,
            audit=self.audit,
            mirror=self.mirror,
            leases=self.leases,
            audit_channel=self.audit_channel,
            say=self.said.append,
            fault=self._at,
            rest=self._rest,
            report=lambda who, error: self.errors.append((who, error)),
        )

    def _at(self, point: str) -> None:
        self.points.append(point)
        self.fault(point)

    def _rest(self, span: timedelta) -> None:
        self.clock.advance(span)
        self._at("rest")

    # -- what people do

    def type(self, line: str, by: Principal = ANN) -> str:
        """Record a command and enqueue its job, as the bot does; return the record's id."""
        command = parse(line)
        assert isinstance(command, Command), command
        request = self.request(self.ids.new(prefix_of(command)), command.canonical, by)
        record = opened(command, replace(request, command=command.to_json()))
        assert not isinstance(record, Query), "reads have a bed of their own"
        self._record(record, JOB_OF[command.verb_class])
        return request.id

    def click(self, kind: ActionKind, subject: str, by: Principal = ANN) -> str:
        """Press a button."""
        request = self.request(self.ids.new("a"), kind.value, by, Source.BUTTON)
        action = Action(
            id=request.id, cluster=self.cluster, kind=kind, request=request, subject=subject
        )
        self._record(action, JobName.ACT)
        return request.id

    def request(
        self, record_id: str, line: str, by: Principal, source: Source = Source.SLASH
    ) -> Request:
        return Request(
            id=record_id,
            cluster=self.cluster,
            by=by,
            place=Place(channel=CHANNEL, response_url=f"https://hooks.slack.com/{record_id}"),
            source=source,
            line=line,
            command={},
            accepted_at=self.clock.now(),
        )

    def _record(self, record: Rollout | Change | Action, name: JobName) -> None:
        put = Put(record=record, rev=0)
        self.store.commit(Transaction(cluster=self.cluster, puts=(put,)))
        self.queue.enqueue(Job(name=name, cluster=self.cluster, subject=record.id))

    # -- what the processes do

    def work(self) -> None:
        """Run all waiting jobs; one that cannot reach the Engine is lost, as after a crash."""
        while self.queue.jobs:
            job = self.queue.take()
            try:
                self.use.runner(job.name).run(job.subject)
            except EngineUnavailableError:
                continue

    def tick(self, seconds: float = 0.5) -> None:
        """Let time pass, look once, run what that enqueued, speak."""
        self.clock.advance(seconds)
        epoch = self.leases.acquire(self.cluster, "one", timedelta(seconds=4))
        assert epoch is not None
        self.use.supervise.tick(self.cluster, epoch)
        self.work()
        while self.speaker.flush(self.cluster, 50):
            pass

    def until(self, record_id: str, state: str, limit: float = 120.0) -> Rollout:
        """Tick until the rollout is in that state."""
        end = self.clock.now() + timedelta(seconds=limit)
        self.work()
        while self.rollout(record_id).state.value != state:
            assert self.clock.now() < end, f"{record_id} is {self.rollout(record_id).state.value}"
            self.tick()
        return self.rollout(record_id)

    def settle(self, seconds: float = 60.0) -> None:
        """Tick for a while."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < end:
            self.tick()

    def done(self, line: str, state: str = "completed", by: Principal = ANN) -> Rollout:
        """Type a line and wait for its end."""
        return self.until(self.type(line, by), state)

    # -- what can be seen

    def rollout(self, record_id: str) -> Rollout:
        stored = self.store.get(Rollout, record_id)
        assert stored is not None
        return stored.value

    def change(self, record_id: str) -> Change:
        stored = self.store.get(Change, record_id)
        assert stored is not None
        return stored.value

    def private(self, record_id: str) -> str:
        """Return the private answer as it was sent, empty if there is none."""
        row = self.store.get(Message, private_id(record_id))
        if row is None:
            return ""
        sent = [content for url, content in self.slack.responses if url.endswith(record_id)]
        assert sent, "written, not sent"
        return sent[-1].text

    def parents(self, record_id: str) -> list[Shown]:
        return self.slack.shown(parent_id(record_id))

    def parent(self, record_id: str) -> Content:
        (shown,) = self.parents(record_id)
        return shown.content

    def shown_state(self, record_id: str) -> str:
        """Return the state in the parent's metadata."""
        return str(self.payload(record_id)["state"])

    def payload(self, record_id: str) -> JsonObject:
        """Return the payload of the parent's metadata."""
        metadata = self.parent(record_id).metadata
        assert metadata is not None
        payload: JsonObject = metadata["event_payload"]
        return payload

    def thread(self, record_id: str) -> list[Shown]:
        """Return the thread's messages."""
        (top,) = self.parents(record_id)
        return [m for m in self.slack.messages if m.thread_ts == top.ts]

    def history(self, service: str = "web") -> History:
        stored = self.store.history_by_name(self.cluster, service)
        assert stored is not None
        return stored.value

    def image(self, service: str = "web") -> str:
        spec = self.swarm.service(service).spec
        return str(spec["TaskTemplate"]["ContainerSpec"]["Image"]).partition("@")[0]

    def replicas(self, service: str = "web") -> int:
        return int(self.swarm.service(service).spec["Mode"]["Replicated"]["Replicas"])

    def writes(self) -> int:
        return len(self.swarm.writes)


def made(replicas: int = 3, *flags: str) -> Bed:
    """Return a bed in which `web` runs v1."""
    bed = Bed()
    bed.done(f"create --name web --replicas {replicas} {' '.join(flags)} reg/httpd:v1")
    return bed
