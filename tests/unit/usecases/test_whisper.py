"""A word to one person: once, by the outbox; directly when there is no outbox."""

from dataclasses import dataclass, field

from bot.domain.message import Content, Message
from bot.domain.outbox import Way, way_of
from bot.domain.reply import Said
from bot.domain.request import Place, Principal
from bot.ports import SlackUnavailableError
from bot.rendering.voice import BlockKitVoice
from bot.usecases.whisper import Whisper
from tests.fakes.clock import FakeClock
from tests.fakes.slack_writer import FakeSlackWriter
from tests.fakes.store import FakeRecordStore

ANN = Principal(team="T0", user="U0ANN")
HERE = Place(channel="C0OPS", thread_ts="1.0")


@dataclass
class Room:
    store: FakeRecordStore = field(default_factory=FakeRecordStore)
    slack: FakeSlackWriter = field(default_factory=FakeSlackWriter)
    flushed: list[str] = field(default_factory=list)

    def flush_one(self, message_id: str) -> None:
        self.flushed.append(message_id)

    def whisper(self, delivery: str, text: str, place: Place = HERE) -> None:
        Whisper(
            store=self.store,
            voice=BlockKitVoice("/swarm", open_policy=True),
            clock=FakeClock(),
            mouth=self,
            slack=self.slack,
        ).run(place, ANN, delivery, Said(text=text))

    def rows(self) -> list[Message]:
        puts = [put for commit in self.store.commits for put in commit.puts]
        return [put.record for put in puts if isinstance(put.record, Message)]


def test_it_is_written_first_and_then_tried() -> None:
    room = Room()
    room.whisper("event:1", "Understood")
    (row,) = room.rows()
    assert (row.address.private_to, row.address.thread_ts) == ("U0ANN", "1.0")
    assert room.flushed == [row.id]


def test_the_same_delivery_is_answered_once() -> None:
    room = Room()
    room.whisper("event:1", "Understood")
    room.whisper("event:1", "Understood")
    assert len(room.rows()) == len(room.flushed) == 1


def test_without_a_store_it_is_said_directly() -> None:
    room = Room()
    room.store.down = True
    room.whisper("event:1", "the store does not answer")
    assert not room.flushed
    ((where, content),) = room.slack.ephemerals
    assert (where.channel, where.thread_ts, where.user) == ("C0OPS", "1.0", "U0ANN")
    assert content.text == "the store does not answer"


def test_without_a_store_a_click_is_answered_at_its_response_url() -> None:
    room = Room()
    room.store.down = True
    url = "https://hooks.slack.com/actions/1"
    room.whisper("click:1", "click again", Place(channel="C0OPS", response_url=url))
    assert [(to, content.text) for to, content in room.slack.responses] == [(url, "click again")]


def test_slack_and_the_store_being_away_is_borne() -> None:
    room = Room()
    room.store.down, room.slack.down = True, SlackUnavailableError("refused")
    room.whisper("event:1", "nobody hears it")
    assert not room.slack.ephemerals


def test_a_long_word_goes_directly_and_a_line_where_it_was_asked_says_so() -> None:
    room = Room()
    room.whisper("event:1", "x" * 5000)
    answer, where = room.rows()
    assert way_of(answer) is Way.DM
    assert way_of(where) is Way.EPHEMERAL
    assert (where.address.channel, where.address.thread_ts) == ("C0OPS", "1.0")
    assert "it comes to you directly" in where.wanted.text


def test_where_it_was_asked_directly_nothing_needs_to_be_said_of_the_place() -> None:
    room = Room()
    room.whisper("event:1", "x" * 5000, Place(channel="D0ANN"))
    assert len(room.rows()) == 1


def test_help_keeps_its_columns() -> None:
    content: Content = BlockKitVoice("/swarm", open_policy=True).private(
        Said(text="Usage:\na   b\nlong   d", as_block=True)
    )
    assert "a   b\nlong   d" in content.text
    assert content.text.count("```") == 2
