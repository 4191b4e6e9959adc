"""A record that cannot be read costs what needs that very record, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import Approval
from bot.domain.change import Action, ActionKind, DoneState
from bot.domain.lock import Lock, Scope, ScopeKind
from bot.domain.message import Address, Message
from bot.domain.request import Place
from bot.domain.revision import History
from bot.domain.rollout.record import Rollout
from bot.ports import Put, Record, Transaction
from bot.usecases.click import Click, Clicked
from bot.usecases.propose import AckKind
from bot.usecases.speak import parent_id
from tests.contract import samples
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds
from tests.fakes.leases import all_well
from tests.fakes.policy import a_gate
from tests.fakes.queue import FakeJobQueue
from tests.fakes.store import FakeRecordStore
from tests.unit.usecases.bed import BOB, Bed, made

DAMAGED: list[Record] = [
    samples.rollout("r-bad", service="other", service_id="s9"),
    samples.change("c-bad"),
    samples.action("a-bad"),
    samples.query("q-bad"),
    samples.approval("p-bad"),
    samples.message("r-bad.parent"),
    samples.lock("l-bad"),
    samples.subscription("s-bad"),
]


def put(bed: Bed, record: Record) -> None:
    bed.store.commit(Transaction(cluster="default", puts=(Put(record=record, rev=0),)))


@pytest.mark.parametrize("record", DAMAGED, ids=lambda record: type(record).__name__)
def test_a_rollout_under_way_goes_on_to_its_end(record: Record) -> None:
    bed = made()
    rollout = bed.type("update --image reg/httpd:v2 web")
    bed.work()
    put(bed, record)
    bed.store.spoil(type(record), record.id)
    bed.until(rollout, "completed")
    bed.settle(5)
    assert bed.shown_state(rollout) == "completed"
    word = type(record).__name__.lower()
    assert bed.store.unreadable() == [f"waggle:{word}:{record.id}"]


def test_what_time_does_to_others_is_done_though_a_message_of_one_is_damaged() -> None:
    bed = made()
    soon = bed.clock.now() + timedelta(seconds=5)
    scopes = {name: Scope(kind=ScopeKind.SERVICE, name=name) for name in ("l-1", "l-2")}
    for name, scope in scopes.items():
        put(bed, replace(samples.lock(name, until=soon), scope=scope))
    for name in ("p-1", "p-2"):
        put(bed, samples.approval(name, expires_at=soon))
    for name in ("l-1", "p-1"):
        put(bed, samples.message(parent_id(name)))
        bed.store.spoil(Message, parent_id(name))
    bed.settle(10)
    assert [row.value.id for row in bed.store.open_locks("default")] == ["l-1"]
    assert bed.store.open_ids("default", Approval) == ["p-1"]
    bed.store.mend(Message, parent_id("l-1"))
    bed.store.mend(Message, parent_id("p-1"))
    bed.tick()
    assert bed.store.open_locks("default") == []
    assert bed.store.open_ids("default", Approval) == []


def test_a_damaged_lock_is_in_the_way_of_every_change_and_says_which() -> None:
    bed = made()
    put(bed, samples.lock("l-1"))
    bed.store.spoil(Lock, "l-1")
    writes = bed.writes()
    rollout = bed.type("scale web=5")
    bed.work()
    assert bed.rollout(rollout).state.value == "refused"
    assert "waggle:lock:l-1" in bed.private(rollout)
    assert "nobody can tell what is locked" in bed.private(rollout)
    assert bed.writes() == writes
    bed.store.mend(Lock, "l-1")
    assert [row.value.id for row in bed.store.open_locks("default")] == ["l-1"]


def test_a_damaged_history_refuses_changes_of_its_service_alone() -> None:
    bed = made()
    bed.done("create --name api reg/httpd:v1")
    history = bed.history("web")
    bed.store.spoil(History, history.id)
    refused = bed.type("scale web=5")
    bed.work()
    assert bed.rollout(refused).state.value == "refused"
    assert f"waggle:history:{history.id}" in bed.private(refused)
    bed.done("scale api=2")


def test_who_acts_on_a_damaged_rollout_is_told_and_it_is_not_tried_for_ever() -> None:
    bed = made()
    rollout = bed.type("update --image reg/httpd:v2 web")
    bed.work()
    bed.store.spoil(Rollout, rollout)
    for asked in (bed.type("abort web"), bed.click(ActionKind.ABORT, rollout)):
        bed.work()
        stored = bed.store.get(Action, asked)
        assert stored is not None
        assert stored.value.state is DoneState.REFUSED
        assert f"waggle:rollout:{rollout}" in bed.private(asked)
    bed.settle(10)
    assert bed.queue.jobs == []
    second = bed.type("scale web=9")
    bed.work()
    assert f"waggle:rollout:{rollout}" in bed.private(second)
    bed.store.mend(Rollout, rollout)
    bed.until(rollout, "completed")


def test_a_row_that_comes_after_a_damaged_one_waits_and_the_others_are_said() -> None:
    bed = Bed()
    thread = Address(channel="C1", thread_of="r-1.parent")
    put(bed, samples.message("r-1.parent"))
    bed.speaker.flush("default", 9)
    put(bed, samples.message("r-1.1", address=thread))
    put(bed, samples.message("r-1.2", address=thread, dead="msg_too_long"))
    put(bed, samples.message("r-1.3", "the third", address=thread))
    put(bed, samples.message("r-2.parent", "another", created_at=bed.clock.now()))
    bed.store.spoil(Message, "r-1.1")
    bed.speaker.flush("default", 9)
    assert [shown.content.text for shown in bed.slack.messages] == ["hello", "another"]
    bed.store.mend(Message, "r-1.1")
    for _ in range(3):
        bed.clock.advance(61)
        bed.speaker.flush("default", 9)
    assert [shown.content.text for shown in bed.slack.messages[2:]] == ["hello", "the third"]


def test_a_click_on_what_cannot_be_read_says_so() -> None:
    store = FakeRecordStore()
    store.commit(Transaction(cluster="default", puts=(Put(record=samples.rollout(), rev=0),)))
    store.spoil(Rollout, "r-1")
    click = Click(
        store=store,
        queue=FakeJobQueue(),
        clock=FakeClock(),
        ids=FakeIds(),
        gate=a_gate(),
        clusters=all_well("default"),
    )
    place = Place(channel="C1", response_url="https://hooks.slack.com/1")
    clicked = Clicked(action="abort", value="r-1", by=BOB, place=place, delivery="d")
    ack = click.run(clicked)
    assert (ack.kind, ack.ids) == (AckKind.ERROR, ())
    assert "waggle:rollout:r-1" in ack.text
