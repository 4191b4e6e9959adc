"""What use cases may expect of Slack: the same of the fake and of the local workspace."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.slack_writer import WebSlackWriter, slack_client
from bot.domain.message import Content
from bot.ports import Destination, SlackRefusedError, SlackUnknownOutcomeError, SlackWriter
from playground.workspace import LocalWorkspace
from tests.fakes.clock import FakeClock
from tests.fakes.slack_writer import FakeSlackWriter

OPS = Destination(channel="C0OPS")
HELLO = Content(text="hello")
SINCE = SystemClock().now() - timedelta(minutes=2)


Pair = tuple[SlackWriter, Callable[[], None]]


@pytest.fixture(params=["fake", "workspace"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """A writer, and a way to let its next post take effect without an answer."""
    if request.param == "fake":
        fake = FakeSlackWriter(clock=FakeClock(SystemClock().now()))
        yield fake, lambda: fake.lose_reply("post")
        return
    with LocalWorkspace() as workspace:
        client = slack_client(workspace.settings.bot_token, workspace.api_url)
        lose = partial(workspace.client.lose_reply, "chat.postMessage")
        yield WebSlackWriter(client, lambda content: content), lose


@pytest.fixture
def writer(pair: Pair) -> SlackWriter:
    return pair[0]


def test_what_was_posted_is_found_by_its_id_alone(writer: SlackWriter) -> None:
    first = writer.post(OPS, HELLO, message_id="r-1.parent")
    second = writer.post(OPS, HELLO, message_id="r-2.parent")
    assert first != second
    assert writer.find(OPS, "r-1.parent", SINCE) == first
    assert writer.find(OPS, "r-3.parent", SINCE) is None
    assert writer.find(OPS, "r-1.parent", SystemClock().now() + timedelta(hours=1)) is None


def test_a_reply_is_found_in_its_thread(writer: SlackWriter) -> None:
    parent = writer.post(OPS, HELLO, message_id="r-1.parent")
    thread = Destination(channel="C0OPS", thread_ts=parent)
    reply = writer.post(thread, HELLO, message_id="r-1.1")
    assert writer.find(thread, "r-1.1", SINCE) == reply


def test_an_edit_keeps_the_message_and_wants_one(writer: SlackWriter) -> None:
    ts = writer.post(OPS, HELLO, message_id="r-1.parent")
    writer.update("C0OPS", ts, Content(text="done"))
    with pytest.raises(SlackRefusedError) as caught:
        writer.update("C0OPS", "1000000000.000001", Content(text="done"))
    assert caught.value.code == "message_not_found"


def test_a_message_has_an_address(writer: SlackWriter) -> None:
    ts = writer.post(OPS, HELLO, message_id="p-1.parent")
    assert writer.permalink("C0OPS", ts).endswith(f"/archives/C0OPS/p{ts.replace('.', '')}")
    with pytest.raises(SlackRefusedError) as caught:
        writer.permalink("C0OPS", "1000000000.000001")
    assert caught.value.code == "message_not_found"


def test_a_file_and_a_direct_message_are_taken(writer: SlackWriter) -> None:
    direct = Destination(channel=writer.open_dm("U0ANN"))
    writer.post(direct, HELLO, message_id="r-1.dm")
    writer.upload(direct, Content(text="the log", file_name="web.log", file_text="one\n"))
    writer.post_ephemeral(Destination(channel="C0OPS", user="U0ANN"), HELLO)


def test_a_message_has_an_address_for_people(writer: SlackWriter) -> None:
    ts = writer.post(OPS, HELLO, message_id="r-1.parent")
    reply = writer.post(Destination(channel="C0OPS", thread_ts=ts), HELLO, message_id="r-1.1")
    place = f"/archives/C0OPS/p{ts.replace('.', '')}"
    assert writer.permalink("C0OPS", ts).endswith(place)
    assert writer.permalink("C0OPS", reply).endswith(f"?thread_ts={ts}&cid=C0OPS")
    with pytest.raises(SlackRefusedError) as caught:
        writer.permalink("C0OPS", "1000000000.000001")
    assert caught.value.code == "message_not_found"


def test_a_lost_reply_may_have_been_posted(pair: Pair) -> None:
    writer, lose_reply = pair
    lose_reply()
    with pytest.raises(SlackUnknownOutcomeError):
        writer.post(OPS, HELLO, message_id="r-1.parent")
    assert writer.find(OPS, "r-1.parent", SINCE) is not None
