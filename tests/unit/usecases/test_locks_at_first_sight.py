"""Locks in the bot, before anybody has looked at the swarm; and a store that does not answer."""

from dataclasses import dataclass, field

import pytest

from bot.domain.change import Action
from bot.domain.policy import OPEN
from bot.domain.request import Place, Source
from bot.domain.rollout.record import Rollout, RolloutState
from bot.ports import Put, Transaction
from bot.usecases.click import Click, Clicked
from bot.usecases.propose import Ack, AckKind, Propose, Typed
from tests.builders import BOB, a_request, a_rollout
from tests.contract import samples
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds
from tests.fakes.leases import all_well
from tests.fakes.policy import a_gate
from tests.fakes.queue import FakeJobQueue
from tests.fakes.store import FakeRecordStore

PLACE = Place(channel="C1")
COMMAND = {"verb": "update", "targets": ["web"], "edits": [], "options": {}}


@dataclass
class Desk:
    store: FakeRecordStore = field(default_factory=FakeRecordStore)
    locks: FakeRecordStore = field(default_factory=FakeRecordStore)
    queue: FakeJobQueue = field(default_factory=FakeJobQueue)
    ids: FakeIds = field(default_factory=FakeIds)

    def __post_init__(self) -> None:
        lock = samples.lock()
        self.locks.commit(Transaction(cluster="default", puts=(Put(record=lock, rev=0),)))

    def type(self, text: str) -> Ack:
        propose = Propose(
            store=self.store,
            queue=self.queue,
            clock=FakeClock(),
            ids=self.ids,
            gate=a_gate(OPEN, locks=self.locks),
            clusters=all_well("default"),
            suggest=lambda _word, _among: None,
        )
        return propose.run(
            Typed(text=text, by=BOB, place=PLACE, source=Source.SLASH, delivery=text)
        )

    def click(self, action: str) -> Ack:
        rollout = a_rollout(state=RolloutState.PAUSED, request=a_request(command=COMMAND))
        self.store.commit(Transaction(cluster="default", puts=(Put(record=rollout, rev=0),)))
        click = Click(
            store=self.store,
            queue=self.queue,
            clock=FakeClock(),
            ids=self.ids,
            gate=a_gate(OPEN, locks=self.locks),
            clusters=all_well("default"),
        )
        return click.run(
            Clicked(action=action, value=rollout.id, by=BOB, place=PLACE, delivery=action)
        )


def test_a_locked_service_is_refused_in_the_ack() -> None:
    desk = Desk()
    ack = desk.type("scale web=3")
    assert ack.kind is AckKind.REFUSED
    assert "web is locked by <@U1" in ack.text
    assert desk.store.open_ids("default", Rollout) == []
    assert desk.type("ps web").kind is AckKind.ACCEPTED
    assert desk.type("rollback web").kind is AckKind.ACCEPTED
    assert desk.type("scale api=3").kind is AckKind.ACCEPTED


def test_a_click_on_a_locked_service_is_refused_but_roll_back_passes() -> None:
    desk = Desk()
    ack = desk.click("resume")
    assert ack.kind is AckKind.REFUSED
    assert "db migration" in ack.text
    assert Desk().click("rollback").kind is AckKind.ACCEPTED


@pytest.mark.parametrize("line", ["scale web=3", "update --image a:1 api"])
def test_nothing_is_begun_while_nobody_can_tell_what_is_locked(line: str) -> None:
    desk = Desk()
    desk.locks.down = True
    assert desk.type(line).kind is AckKind.UNAVAILABLE
    assert desk.click("resume").kind is AckKind.UNAVAILABLE
    assert desk.queue.jobs == []
    assert desk.store.open_ids("default", Action) == []
    assert desk.type("ps web").kind is AckKind.ACCEPTED, "a read asks for no lock"
