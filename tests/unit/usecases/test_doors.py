"""Which rows the doorkeeper takes note of, and whom it tells."""

from dataclasses import replace

import pytest

from bot.domain.change import Change
from bot.domain.message import Message
from bot.domain.notice import root_id
from bot.domain.rollout.record import Rollout
from bot.ports import ConflictError, Put, Transaction
from bot.rendering.voice import BlockKitVoice
from bot.usecases.doors import Doors
from bot.usecases.speak import private_id
from tests.contract import samples
from tests.fakes.clock import FakeClock
from tests.fakes.closed_channels import FakeClosedChannels
from tests.fakes.store import FakeRecordStore
from tests.unit.rendering.samples_changes import a_change


class Door:
    def __init__(self, *records: Rollout | Change) -> None:
        self.store, self.channels = FakeRecordStore(), FakeClosedChannels()
        self.heads = FakeClosedChannels()
        puts = tuple(Put(record=record, rev=0) for record in records)
        self.store.commit(Transaction(cluster="default", puts=puts))
        self.keeper = Doors(
            store=self.store,
            voice=BlockKitVoice(open_policy=True),
            clock=FakeClock(),
            channels=self.channels,
            heads=self.heads,
        )

    def told(self, subject: str) -> str:
        row = self.store.get(Message, private_id(root_id(subject, "C1")))
        return row.value.wanted.text if row else ""


def a_root(subject: str = "r-1") -> Message:
    row = samples.message(root_id(subject, "C1"))
    return Message(**{**vars(row), "subject": subject})


def test_the_requester_of_a_rollout_is_told_privately() -> None:
    door = Door(samples.rollout())
    door.keeper.refused(a_root(), "not_in_channel")
    assert "/invite" in door.told("r-1")
    row = door.store.get(Message, private_id(root_id("r-1", "C1")))
    assert row is not None
    assert row.value.address.private_to == "U1"
    assert door.channels.closed() == {"C1": "not_in_channel"}


@pytest.mark.parametrize(
    ("code", "hint"), [("is_archived", "archived"), ("is_inactive", "archived"), ("x", "/readyz")]
)
def test_it_says_what_helps(code: str, hint: str) -> None:
    door = Door(samples.rollout())
    door.keeper.refused(a_root(), code)
    assert hint in door.told("r-1")


def test_the_requester_of_a_change_is_told_too() -> None:
    change = a_change(samples.change().state)
    door = Door(change)
    door.keeper.refused(a_root(change.id), "is_archived")
    assert change.id in door.told(change.id)


def test_it_is_said_once() -> None:
    door = Door(samples.rollout())
    door.keeper.refused(a_root(), "not_in_channel")
    door.keeper.refused(a_root(), "is_archived")
    assert "not_in_channel" in door.told("r-1")
    assert door.channels.closed() == {"C1": "is_archived"}


def test_another_speaker_that_says_it_at_once_is_no_trouble() -> None:
    class Raced(FakeRecordStore):
        def commit(self, transaction: Transaction) -> None:
            if any(isinstance(put.record, Message) for put in transaction.puts):
                raise ConflictError("rev")
            super().commit(transaction)

    door = Door()
    store = Raced()
    store.commit(Transaction(cluster="default", puts=(Put(record=samples.rollout(), rev=0),)))
    replace(door.keeper, store=store).refused(a_root(), "is_archived")
    assert door.channels.closed() == {"C1": "is_archived"}


def test_without_a_record_the_channel_is_remembered_all_the_same() -> None:
    door = Door()
    door.keeper.refused(a_root(), "is_archived")
    assert door.told("r-1") == ""
    assert door.channels.closed() == {"C1": "is_archived"}


def test_other_rows_are_no_notices() -> None:
    """A rollout's own channel has its own refusal; a reply goes with its parent."""
    door = Door(samples.rollout())
    door.channels.close("C1", "is_archived")
    for name in ("r-1.parent", "r-1.1", "r-1.n.C1.1", "r-1.private"):
        door.keeper.refused(samples.message(name), "not_in_channel")
        door.keeper.opened(samples.message(name))
    assert door.channels.closed() == {"C1": "is_archived"}
    assert len(door.store.commits) == 1


def test_a_channel_that_takes_a_notice_is_open() -> None:
    door = Door()
    door.channels.close("C1", "is_archived")
    door.keeper.opened(a_root())
    assert door.channels.closed() == {}


def a_head(channel: str) -> Message:
    row = samples.message("audit-head-2026-11-27")
    return replace(row, address=replace(row.address, channel=channel))


def test_a_channel_that_cannot_be_told_the_head_is_remembered_apart_and_nobody_is_told() -> None:
    door = Door(samples.rollout())
    door.keeper.refused(a_head("C7"), "is_archived")
    assert door.heads.closed() == {"C7": "is_archived"}
    assert door.channels.closed() == {}
    assert len(door.store.commits) == 1


def test_once_the_head_is_said_no_channel_is_named_any_more() -> None:
    door = Door()
    door.channels.close("C8", "is_archived")
    door.keeper.refused(a_head("C7"), "is_archived")
    door.keeper.refused(a_head("C8"), "not_in_channel")
    door.keeper.opened(a_root())
    assert set(door.heads.closed()) == {"C7", "C8"}
    door.keeper.opened(a_head("C8"))
    assert door.heads.closed() == {}
    assert door.channels.closed() == {"C8": "is_archived"}
