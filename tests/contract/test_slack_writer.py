"""The Slack writer against a loopback peer: what it asks, and what it makes of the answers."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.slack_writer import WebSlackWriter, slack_client
from bot.domain.message import Content
from bot.ports import (
    Destination,
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnavailableError,
    SlackUnknownOutcomeError,
)
from tests.contract.slack_peer import SlackPeer
from tests.fakes.clock import START

C1 = Destination(channel="C1")
HELLO = Content(text="hello", blocks=({"type": "divider"},))
ROLLOUT = {"event_type": "waggle_rollout", "event_payload": {"state": "progressing"}}
US = {"ok": True, "user_id": "U1", "bot_id": "B1"}
Call = Callable[[WebSlackWriter], object]


def same(content: Content) -> Content:
    return content


@pytest.fixture
def peer() -> Iterator[SlackPeer]:
    with SlackPeer() as running:
        yield running


@pytest.fixture
def writer(peer: SlackPeer) -> WebSlackWriter:
    return WebSlackWriter(slack_client("xoxb-test", f"{peer.url}/api/"), same)


def post(writer: WebSlackWriter) -> str:
    return writer.post(C1, HELLO, message_id="r-1.parent")


def test_a_post_carries_text_blocks_metadata_and_no_previews(
    peer: SlackPeer, writer: WebSlackWriter
) -> None:
    peer.answer({"ok": True, "ts": "1.5", "channel": "C1"})
    where = Destination(channel="C1", thread_ts="1.0", broadcast=True)
    ts = writer.post(where, replace(HELLO, metadata=ROLLOUT), message_id="r-1.1")
    assert ts == "1.5"
    (asked,) = peer.asked
    assert asked.path == "/api/chat.postMessage"
    assert asked.body["text"] == "hello"
    assert asked.body["blocks"] == [{"type": "divider"}]
    assert asked.body["thread_ts"] == "1.0"
    assert asked.body["reply_broadcast"] is True
    assert (asked.body["unfurl_links"], asked.body["unfurl_media"]) == (False, False)
    assert asked.body["metadata"] == {
        "event_type": "waggle_rollout",
        "event_payload": {"state": "progressing", "message_id": "r-1.1"},
    }


def test_a_message_without_metadata_can_be_found_too(
    peer: SlackPeer, writer: WebSlackWriter
) -> None:
    peer.answer({"ok": True, "ts": "1.5"})
    post(writer)
    payload = peer.asked[0].body["metadata"]["event_payload"]
    assert payload == {"message_id": "r-1.parent"}
    peer.answer(US)
    peer.answer(
        {
            "ok": True,
            "messages": [{"ts": "0.1"}, {"ts": "0.2", "metadata": {"event_payload": {}}}],
            "response_metadata": {"next_cursor": "more"},
        }
    )
    ours = {"ts": "1.5", "bot_id": "B1", "metadata": {"event_payload": payload}}
    peer.answer({"ok": True, "messages": [ours]})
    assert writer.find(C1, "r-1.parent", START) == "1.5"
    assert peer.asked[2].path == "/api/conversations.history"
    assert float(peer.asked[2].body["oldest"]) == START.timestamp()
    assert peer.asked[3].body["cursor"] == "more"


@pytest.mark.parametrize("who", [{"bot_id": "B2"}, {"user": "U1"}, {"user": "U2"}, {}])
def test_a_message_of_somebody_else_with_our_metadata_is_not_taken_for_ours(
    who: dict[str, str], peer: SlackPeer, writer: WebSlackWriter
) -> None:
    """Every app in the channel reads our ids; forged, they would silence what we have to say."""
    metadata = {"event_type": "waggle_rollout", "event_payload": {"message_id": "r-1.parent"}}
    forged = {"ts": "1.4", "metadata": metadata, **who}
    peer.answer(US)
    peer.answer({"ok": True, "messages": [forged]})
    assert writer.find(C1, "r-1.parent", START) is None
    peer.answer({"ok": True, "messages": [forged, {**forged, "ts": "1.5", "bot_id": "B1"}]})
    assert writer.find(C1, "r-1.parent", START) == "1.5"
    assert [asked.path for asked in peer.asked].count("/api/auth.test") == 1


def test_a_token_without_a_bot_id_knows_its_messages_by_their_user(
    peer: SlackPeer, writer: WebSlackWriter
) -> None:
    payload = {"event_payload": {"message_id": "r-1.parent"}}
    peer.answer({"ok": True, "user_id": "U1"})
    peer.answer({"ok": True, "messages": [{"ts": "1.5", "user": "U1", "metadata": payload}]})
    assert writer.find(C1, "r-1.parent", START) == "1.5"


def test_a_reply_is_looked_for_in_its_thread(peer: SlackPeer, writer: WebSlackWriter) -> None:
    peer.answer(US)
    peer.answer({"ok": True, "messages": []})
    assert writer.find(replace(C1, thread_ts="1.0"), "r-1.1", START) is None
    assert peer.asked[1].path == "/api/conversations.replies"
    assert peer.asked[1].body["ts"] == "1.0"


def test_an_edit_without_blocks_takes_the_old_ones_away(
    peer: SlackPeer, writer: WebSlackWriter
) -> None:
    writer.update("C1", "1.5", Content(text="done", metadata=ROLLOUT))
    (asked,) = peer.asked
    assert asked.path == "/api/chat.update"
    assert asked.body["blocks"] in ([], "[]")
    assert asked.body["metadata"] == ROLLOUT


def test_an_ephemeral_goes_to_one_user(peer: SlackPeer, writer: WebSlackWriter) -> None:
    writer.post_ephemeral(replace(C1, user="U1", thread_ts="1.0"), HELLO)
    (asked,) = peer.asked
    assert asked.path == "/api/chat.postEphemeral"
    assert (asked.body["user"], asked.body["thread_ts"]) == ("U1", "1.0")


def test_a_direct_message_is_opened(peer: SlackPeer, writer: WebSlackWriter) -> None:
    peer.answer({"ok": True, "channel": {"id": "D1"}})
    assert writer.open_dm("U1") == "D1"


def test_a_permalink_is_asked_for(peer: SlackPeer, writer: WebSlackWriter) -> None:
    peer.answer({"ok": True, "channel": "C1", "permalink": "https://x.slack.com/archives/C1/p15"})
    assert writer.permalink("C1", "1.5") == "https://x.slack.com/archives/C1/p15"
    (asked,) = peer.asked
    assert asked.path == "/api/chat.getPermalink"
    assert (asked.body["channel"], asked.body["message_ts"]) == ("C1", "1.5")


def test_a_file_takes_three_steps(peer: SlackPeer, writer: WebSlackWriter) -> None:
    peer.answer({"ok": True, "upload_url": f"{peer.url}/upload/1", "file_id": "F1"})
    peer.answer("OK")
    content = Content(text="the log", file_name="web.log", file_text="línea")
    writer.upload(replace(C1, thread_ts="1.0"), content)
    announce, upload, complete = peer.asked
    assert announce.body["length"] in (6, "6")
    assert (upload.path, upload.raw) == ("/upload/1", "línea".encode())
    assert complete.path == "/api/files.completeUploadExternal"
    assert (complete.body["channel_id"], complete.body["initial_comment"]) == ("C1", "the log")


def test_bytes_that_were_not_taken_are_no_file(peer: SlackPeer, writer: WebSlackWriter) -> None:
    peer.answer({"ok": True, "upload_url": f"{peer.url}/upload/1", "file_id": "F1"})
    peer.answer("no", status=500)
    with pytest.raises(SlackUnavailableError):
        writer.upload(C1, Content(text="x", file_name="a", file_text="b"))
    assert len(peer.asked) == 2


def test_a_response_is_ephemeral(peer: SlackPeer, writer: WebSlackWriter) -> None:
    peer.answer("ok")
    writer.respond(f"{peer.url}/commands/T1/2/3", HELLO)
    (asked,) = peer.asked
    assert asked.path == "/commands/T1/2/3"
    assert asked.body["response_type"] == "ephemeral"
    assert asked.body["replace_original"] is False


def test_a_page_takes_the_place_of_the_one_that_was_clicked_on(
    peer: SlackPeer, writer: WebSlackWriter
) -> None:
    peer.answer("ok")
    writer.respond(f"{peer.url}/actions/T1/2/3", HELLO, replace=True)
    (asked,) = peer.asked
    assert asked.body["response_type"] == "ephemeral"
    assert asked.body["replace_original"] is True


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/commands/x",
        "http://hooks.slack.com/commands/x",
        "https://hooks.slack.com.evil.example/x",
        "https://hooks.slack.com@127.0.0.1/x",
        "https://hooks.slack.com:8443/x",
        "https://127.0.0.1/x",
        "file:///etc/passwd",
        "https://[oops/x",
        "http://127.0.0.1:99999999/x",
        "",
    ],
)
def test_no_other_host_is_called(writer: WebSlackWriter, url: str) -> None:
    with pytest.raises(SlackRefusedError) as caught:
        writer.respond(url, HELLO)
    assert caught.value.code == "bad_response_url"


def respond_to(peer: SlackPeer) -> Call:
    return lambda writer: writer.respond(f"{peer.url}/commands/1", HELLO)


@pytest.mark.parametrize("by_hook", [False, True], ids=["api", "hook"])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 429, "headers": {"Retry-After": "7"}}, SlackRateLimitedError),
        ({"status": 429, "body": "slow"}, SlackRateLimitedError),
        ({"status": 503, "body": "<html>away</html>"}, SlackUnavailableError),
        ({"status": 500, "body": "<html>oops</html>"}, SlackUnknownOutcomeError),
        ({"status": 504, "body": ""}, SlackUnknownOutcomeError),
        ({"hang_up": True}, SlackUnknownOutcomeError),
    ],
)
def test_the_answers_of_both_ways(
    peer: SlackPeer,
    writer: WebSlackWriter,
    answer: dict[str, object],
    error: type[SlackError],
    *,
    by_hook: bool,
) -> None:
    peer.answer(**answer)
    with pytest.raises(error):
        (respond_to(peer) if by_hook else post)(writer)
    assert len(peer.asked) == 1  # asked once, whatever came back


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"ok": False, "error": "not_in_channel"}, SlackRefusedError),
        ({"ok": False, "error": "ratelimited"}, SlackRateLimitedError),
        ({"ok": False, "error": "fatal_error"}, SlackUnknownOutcomeError),
        ("not json at all", SlackUnknownOutcomeError),
    ],
)
def test_the_answers_of_the_api(
    peer: SlackPeer, writer: WebSlackWriter, body: object, error: type[SlackError]
) -> None:
    peer.answer(body)
    with pytest.raises(error):
        post(writer)


def test_a_refusal_says_its_code_and_why(peer: SlackPeer, writer: WebSlackWriter) -> None:
    messages = ["[ERROR] no more than 50 items allowed"]
    body = {"ok": False, "error": "invalid_blocks", "response_metadata": {"messages": messages}}
    peer.answer(body)
    with pytest.raises(SlackRefusedError, match="no more than 50") as caught:
        post(writer)
    assert caught.value.code == "invalid_blocks"


def test_a_429_says_when_to_come_back(peer: SlackPeer, writer: WebSlackWriter) -> None:
    peer.answer({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "7"})
    with pytest.raises(SlackRateLimitedError) as caught:
        post(writer)
    assert caught.value.retry_after == timedelta(seconds=7)
    assert caught.value.method == "chat.postMessage"


def test_a_used_up_response_url_is_a_refusal(peer: SlackPeer, writer: WebSlackWriter) -> None:
    peer.answer({"ok": False, "error": "used_url"}, status=404)
    with pytest.raises(SlackRefusedError) as caught:
        respond_to(peer)(writer)
    assert caught.value.code == "used_url"


def test_a_refused_connection_posted_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    writer = WebSlackWriter(slack_client("xoxb-test", f"http://127.0.0.1:{port}/api/"), same)
    with pytest.raises(SlackUnavailableError):
        post(writer)
    with pytest.raises(SlackUnavailableError):
        writer.respond(f"http://127.0.0.1:{port}/commands/1", HELLO)


def test_silence_is_an_unknown_outcome() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/api/"
        client = slack_client("xoxb-test", url)
        client.timeout = 1
        with pytest.raises(SlackUnknownOutcomeError):
            post(WebSlackWriter(client, same))


def test_the_guard_stands_at_the_send_point(peer: SlackPeer) -> None:
    client = slack_client("xoxb-test", f"{peer.url}/api/")
    writer = WebSlackWriter(client, lambda content: replace(content, text="guarded"))
    peer.answer({"ok": True, "ts": "1"})
    post(writer)
    writer.update("C1", "1", HELLO)
    writer.post_ephemeral(replace(C1, user="U1"), HELLO)
    respond_to(peer)(writer)
    assert [asked.body["text"] for asked in peer.asked] == ["guarded"] * 4
