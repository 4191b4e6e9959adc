"""The thread's progress is one message, and nothing waits behind progress that nobody saw.

The parent is edited at once when its state turns, and seldom while it is held.
"""

from dataclasses import dataclass, field, replace

from bot.domain.message import Message, Sent, Urgency
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.record import Progress, Rollout, RolloutState
from bot.ports import Put, Transaction
from bot.rendering.voice import BlockKitVoice
from bot.usecases.speak import EDIT_EVERY, HELD_EVERY, OVERTAKEN, Scribe
from tests.builders import a_rollout
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeRecordStore

STARTED, PROGRESS = Note(kind=NoteKind.STARTED), Note(kind=NoteKind.PROGRESS)
PAUSED = Note(kind=NoteKind.PAUSED, broadcast=True)


@dataclass
class Thread:
    clock: FakeClock = field(default_factory=FakeClock)
    store: FakeRecordStore = field(default_factory=FakeRecordStore)
    rollout: Rollout = field(default_factory=a_rollout)

    def say(
        self, *notes: Note, updated: int = 0, state: RolloutState = RolloutState.PROGRESSING
    ) -> None:
        scribe = Scribe(store=self.store, voice=BlockKitVoice("/swarm", open_policy=True))
        progress = Progress(total=6, updated=updated, running=6)
        before = self.rollout
        after = replace(before, progress=progress, state=state)
        self.rollout, puts = scribe.rollout(before, after, notes, self.clock.now())
        self.store.commit(Transaction(cluster=self.rollout.cluster, puts=puts))

    def row(self, number: int | str) -> Message | None:
        stored = self.store.get(Message, f"{self.rollout.id}.{number}")
        return stored.value if stored else None

    def shown(self, number: int | str) -> None:
        """Slack shows that row as it is wanted now."""
        stored = self.store.get(Message, f"{self.rollout.id}.{number}")
        assert stored is not None
        row = stored.value
        sent = Sent(channel="C0", ts="1.1", content_hash=row.wanted_hash, at=self.clock.now())
        put = Put(record=replace(row, sent=sent), rev=stored.rev)
        self.store.commit(Transaction(cluster=self.rollout.cluster, puts=(put,)))


def test_progress_is_edited_in_place() -> None:
    thread = Thread()
    thread.say(STARTED)
    thread.say(PROGRESS, updated=1)
    thread.shown(2)
    thread.say(PROGRESS, updated=2)
    row = thread.row(2)
    assert row is not None
    assert "2/6 updated" in row.wanted.text
    assert row.sent is not None
    assert row.not_before is not None
    assert row.not_before > thread.clock.now()
    assert thread.row(3) is None


def test_after_another_note_progress_begins_a_new_message() -> None:
    thread = Thread()
    thread.say(STARTED)
    thread.say(PROGRESS, updated=1)
    thread.shown(2)
    thread.say(PAUSED, updated=1)
    thread.say(PROGRESS, updated=2)
    assert thread.rollout.notes == 4
    old, new = thread.row(2), thread.row(4)
    assert old is not None
    assert new is not None
    assert "1/6 updated" in old.wanted.text
    assert "2/6 updated" in new.wanted.text


def test_progress_that_nobody_saw_is_dropped_when_something_newer_is_said() -> None:
    thread = Thread()
    thread.say(STARTED)
    thread.say(PROGRESS, updated=1)
    thread.say(PAUSED, updated=1)
    dropped, told = thread.row(2), thread.row(3)
    assert dropped is not None
    assert dropped.dead == OVERTAKEN
    assert told is not None
    assert told.dead is None


def test_progress_is_left_as_it_was_when_something_newer_is_said() -> None:
    thread = Thread()
    thread.say(STARTED)
    thread.say(PROGRESS, updated=5)
    thread.shown(2)
    thread.say(PAUSED, updated=4)
    row = thread.row(2)
    assert row is not None
    assert "4/6 updated" in row.wanted.text


def test_progress_on_its_way_to_slack_is_left_alone() -> None:
    thread = Thread()
    thread.say(PROGRESS, updated=1)
    stored = thread.store.get(Message, f"{thread.rollout.id}.1")
    assert stored is not None
    under_way = replace(stored.value, posting_since=thread.clock.now())
    put = Put(record=under_way, rev=stored.rev)
    thread.store.commit(Transaction(cluster=thread.rollout.cluster, puts=(put,)))
    thread.say(PAUSED, updated=1)
    row = thread.row(1)
    assert row is not None
    assert row.dead is None


def test_a_turn_of_the_state_is_shown_at_once_and_what_follows_is_not_pressing() -> None:
    thread = Thread()
    thread.say(state=RolloutState.PROGRESSING)
    thread.shown("parent")
    thread.say(state=RolloutState.PAUSED)
    row = thread.row("parent")
    assert row is not None
    assert (row.urgency, row.not_before) == (Urgency.HELP, None)
    thread.shown("parent")
    thread.say(updated=1, state=RolloutState.PAUSED)  # a task restarts, again and again
    row = thread.row("parent")
    assert row is not None
    assert row.not_before == thread.clock.now() + HELD_EVERY
    assert row.urgency is Urgency.PROGRESS
    thread.say(updated=1, state=RolloutState.PROGRESSING)
    row = thread.row("parent")
    assert row is not None
    assert row.not_before is None, "it was resumed: the buttons must go"
    thread.shown("parent")
    thread.say(updated=2, state=RolloutState.PROGRESSING)
    row = thread.row("parent")
    assert row is not None
    assert row.not_before == thread.clock.now() + EDIT_EVERY


def test_a_call_for_help_that_waits_does_not_step_back() -> None:
    thread = Thread()
    thread.say()
    thread.shown("parent")
    thread.say(state=RolloutState.PAUSED)
    thread.say(updated=1, state=RolloutState.PAUSED)
    row = thread.row("parent")
    assert row is not None
    assert (row.urgency, row.not_before) == (Urgency.HELP, None)
