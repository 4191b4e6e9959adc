"""The workspace against the real slack-bolt AsyncApp and slack-sdk clients, both unmodified."""

import asyncio
import io
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from rich.console import Console
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.client import WebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from playground.workspace import LocalWorkspace, WorkspaceClient
from playground.workspace.errors import ControlError
from playground.workspace.terminal.prompt import Prompt
from playground.workspace.terminal.transcript import read_channel

BUTTONS: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*web* is paused"}},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "resume",
                "text": {"type": "plain_text", "text": "Resume"},
                "value": "r1",
            },
            {
                "type": "button",
                "action_id": "abort",
                "text": {"type": "plain_text", "text": "Abort"},
                "value": "r1",
                "confirm": {
                    "title": {"type": "plain_text", "text": "Sure?"},
                    "text": {"type": "plain_text", "text": "It stops here."},
                },
            },
        ],
    },
]
METADATA = {"event_type": "waggle_rollout", "event_payload": {"state": "progressing"}}


class Heard:
    """What the app under test was told; it may be slow on purpose."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []
        self.mentions: list[dict[str, Any]] = []
        self.clicks: list[dict[str, Any]] = []
        self.delay = 0.0


def an_app(workspace: LocalWorkspace, heard: Heard) -> AsyncApp:
    app = AsyncApp(
        client=AsyncWebClient(token=workspace.settings.bot_token, base_url=workspace.api_url),
        signing_secret=workspace.settings.signing_secret,
        process_before_response=True,
    )

    @app.command("/swarm")
    async def on_command(ack: Any, command: dict[str, Any], respond: Any) -> None:
        heard.commands.append(command)
        await asyncio.sleep(heard.delay)
        if command["text"] == "later":
            await respond(text="an answer later")
        if command["text"] == "buttons":
            await ack(text="choose", blocks=BUTTONS, response_type="ephemeral")
        elif command["text"] == "silent":
            await ack()
        else:
            kind = "in_channel" if command["text"] == "public" else "ephemeral"
            await ack(text=f"heard {command['text']}", response_type=kind)

    @app.event("app_mention")
    async def on_mention(event: dict[str, Any], say: Any) -> None:
        heard.mentions.append(event)
        await say(text="here", thread_ts=event.get("thread_ts") or event["ts"])

    @app.action("resume")
    async def on_resume(ack: Any, body: dict[str, Any], respond: Any) -> None:
        heard.clicks.append(body)
        await respond(text="resumed", replace_original=True)
        await ack()

    @app.action("abort")
    async def on_abort(ack: Any, body: dict[str, Any]) -> None:
        heard.clicks.append(body)
        await ack()

    return app


@contextmanager
def in_a_thread(
    main: Callable[[asyncio.Event, threading.Event], Awaitable[None]],
) -> Iterator[None]:
    """Run `main(stop, ready)` in a loop of its own, so that tests may block."""
    ready, loops = threading.Event(), []
    stop = asyncio.Event()

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        await main(stop, ready)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(15)
        assert not thread.is_alive()


@contextmanager
def over_http(workspace: LocalWorkspace, heard: Heard) -> Iterator[None]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    workspace.client.configure(app_url=f"http://127.0.0.1:{port}/slack/events")

    async def main(stop: asyncio.Event, ready: threading.Event) -> None:
        handler = AsyncSlackRequestHandler(an_app(workspace, heard))

        async def endpoint(request: Request) -> Response:
            return await handler.handle(request)

        web = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(web, log_level="warning", ws="none"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers a flag, no event
            await asyncio.sleep(0.01)
        ready.set()
        await stop.wait()
        server.should_exit = True
        await serving

    with in_a_thread(main):
        yield
    listener.close()


@contextmanager
def over_socket(workspace: LocalWorkspace, heard: Heard) -> Iterator[None]:
    async def main(stop: asyncio.Event, ready: threading.Event) -> None:
        handler = AsyncSocketModeHandler(
            an_app(workspace, heard),
            workspace.settings.app_token,
            web_client=AsyncWebClient(base_url=workspace.api_url),
            ping_interval=0.2,
        )
        await handler.connect_async()
        ready.set()
        await stop.wait()
        await handler.close_async()

    with in_a_thread(main):
        yield


@pytest.fixture
def workspace() -> Iterator[LocalWorkspace]:
    with LocalWorkspace() as running:
        yield running


@pytest.fixture
def client(workspace: LocalWorkspace) -> WorkspaceClient:
    return workspace.client


@pytest.fixture
def slack(workspace: LocalWorkspace) -> WebClient:
    return WebClient(
        token=workspace.settings.bot_token, base_url=workspace.api_url, retry_handlers=[]
    )


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(params=[over_http, over_socket])
def app(request: pytest.FixtureRequest, workspace: LocalWorkspace, heard: Heard) -> Iterator[Heard]:
    with request.param(workspace, heard):
        yield heard


@pytest.fixture
def http_app(workspace: LocalWorkspace, heard: Heard) -> Iterator[Heard]:
    with over_http(workspace, heard):
        yield heard


@pytest.fixture
def socket_app(workspace: LocalWorkspace, heard: Heard) -> Iterator[Heard]:
    with over_socket(workspace, heard):
        yield heard


def eventually(check: Callable[[], bool], seconds: float = 8.0) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_a_command_is_acknowledged_privately(app: Heard, client: WorkspaceClient) -> None:
    ack = client.type("ann", "#ops", "/swarm update --image ghcr.io/a/b:1 @bob")

    assert ack.status == "ok"
    assert app.commands[0]["user_id"] == "U0ANN"
    assert app.commands[0]["channel_name"] == "ops"
    text = "update --image <http://ghcr.io/a/b:1|ghcr.io/a/b:1> <@U0BOB|bob>"
    assert app.commands[0]["text"] == text
    assert [m.ephemeral_to for m in client.messages("#ops")] == ["U0ANN"]


def test_a_public_ack_also_shows_what_was_typed(app: Heard, client: WorkspaceClient) -> None:
    client.type("ann", "#ops", "/swarm public")

    shown = [(m.author, m.text, m.ephemeral_to) for m in client.messages("#ops")]
    assert shown == [("ann", "/swarm public", None), ("waggle", "heard public", None)]


def test_an_empty_ack_shows_nothing(app: Heard, client: WorkspaceClient) -> None:
    assert client.type("ann", "#ops", "/swarm silent").shown is None
    assert client.messages("#ops") == []


def test_a_late_ack_is_a_timeout_for_the_person(app: Heard, client: WorkspaceClient) -> None:
    client.configure(ack_deadline=0.2)
    app.delay = 0.6

    ack = client.type("ann", "#ops", "/swarm ls")

    assert ack.status == "timeout"
    assert ack.shown == '/swarm failed with the error "operation_timeout"'
    eventually(lambda: len(app.commands) == 1)


def test_a_response_url_answers_where_the_bot_is_no_member(
    app: Heard, client: WorkspaceClient
) -> None:
    client.type("ann", "#lonely", "/swarm later")

    found = client.wait_for(lambda m: m.origin == "response_url", channel="#lonely")
    assert (found.text, found.ephemeral_to) == ("an answer later", "U0ANN")


def test_a_mention_reaches_the_app_in_channel_and_thread(
    app: Heard, client: WorkspaceClient
) -> None:
    parent = client.mention("bob", "#dev", "scale web=3 & more")
    answer = client.wait_for(lambda m: m.author == "waggle", channel="#dev")
    client.mention("cat", "#dev", "abort", thread_ts=answer.ts)
    eventually(lambda: len(app.mentions) == 2)

    assert answer.thread_ts == parent
    assert app.mentions[0]["text"] == "<@U0WAGGLE> scale web=3 &amp; more"
    assert "thread_ts" not in app.mentions[0]
    assert app.mentions[1]["thread_ts"] == parent


def test_a_mention_where_the_bot_is_no_member_is_only_a_hint(
    app: Heard, client: WorkspaceClient
) -> None:
    client.mention("bob", "#lonely", "ls")

    hint = client.wait_for(lambda m: m.author == "slackbot", channel="#lonely")
    assert "not in this channel" in hint.text
    assert client.deliveries() == []


def test_a_click_brings_the_message_and_its_response_url_replaces_it(
    app: Heard, client: WorkspaceClient, slack: WebClient
) -> None:
    slack.chat_postMessage(channel="C0OPS", text="paused", blocks=BUTTONS, metadata=METADATA)
    message = client.messages("#ops")[0]
    assert message.buttons == ["Resume", "Abort"]

    ack = client.click("cat", message, "Resume")

    assert ack.status == "ok"
    assert app.clicks[0]["actions"][0]["value"] == "r1"
    assert app.clicks[0]["message"]["metadata"] == METADATA
    assert app.clicks[0]["container"]["message_ts"] == message.ts
    after = client.messages("#ops")[0]
    assert (after.text, after.buttons, len(after.revisions)) == ("resumed", [], 2)


def test_a_declined_confirm_dialog_sends_nothing(
    app: Heard, client: WorkspaceClient, slack: WebClient
) -> None:
    slack.chat_postMessage(channel="C0OPS", text="paused", blocks=BUTTONS)
    message = client.messages("#ops")[0]

    assert client.click("cat", message, "Abort", confirm=False).status == "cancelled"
    assert app.clicks == []
    assert client.click("cat", message, "abort").status == "ok"
    assert len(app.clicks) == 1
    with pytest.raises(ControlError, match="only: Resume, Abort"):
        client.click("cat", message, "Explode")


def test_buttons_of_a_private_answer_are_only_for_its_reader(
    app: Heard, client: WorkspaceClient
) -> None:
    client.type("ann", "#ops", "/swarm buttons")
    message = client.messages("#ops")[0]

    with pytest.raises(ControlError, match="bob sees no message"):
        client.click("bob", message, "Resume")
    client.click("ann", message, "Resume")

    assert app.clicks[0]["container"]["is_ephemeral"] is True
    assert [m.text for m in client.messages("#ops")] == ["resumed"]


def test_a_wrong_signature_is_refused_by_bolt(
    http_app: Heard, workspace: LocalWorkspace, client: WorkspaceClient
) -> None:
    workspace.settings.signing_secret = "not-the-app's"

    ack = client.type("ann", "#ops", "/swarm ls")

    assert (ack.status, ack.http_status) == ("failed", 401)
    assert ack.shown == '/swarm failed with the error "dispatch_failed"'


def test_a_request_is_repeated_byte_by_byte(app: Heard, client: WorkspaceClient) -> None:
    client.control("repeat", count=1)
    client.type("ann", "#ops", "/swarm ls")
    client.control("redeliver")

    assert len(app.commands) == 3
    assert len({command["trigger_id"] for command in app.commands}) == 1
    assert [a["status"] for a in client.deliveries()[0]["answers"]] == ["ok"] * 3


def test_an_unanswered_event_is_retried_with_its_number(
    http_app: Heard, workspace: LocalWorkspace, client: WorkspaceClient
) -> None:
    right = workspace.settings.signing_secret
    workspace.settings.retry_delays = (0.0, 0.3, 5.0)
    workspace.settings.signing_secret = "wrong"
    client.mention("bob", "#dev", "ls")
    eventually(lambda: len(client.deliveries()) == 2)
    workspace.settings.signing_secret = right
    client.wait_for(lambda m: m.author == "waggle", channel="#dev")

    sent = [d["headers"].get("X-Slack-Retry-Num") for d in client.deliveries()]
    assert sent == [None, "1", "2"]
    assert client.deliveries()[1]["headers"]["X-Slack-Retry-Reason"] == "http_error"


@pytest.mark.parametrize("reason", [None, "refresh_requested"])
def test_a_dropped_socket_is_replaced(
    socket_app: Heard, client: WorkspaceClient, reason: str | None
) -> None:
    assert client.control("drop_sockets", reason=reason)["dropped"] == 1

    # The SDK may reconnect twice: for the announcement and for the close that follows it.
    eventually(lambda: client.state()["connections_opened"] >= 2)
    eventually(lambda: client.type("ann", "#ops", "/swarm ls").status == "ok")


def test_without_a_connection_a_command_fails_at_once(client: WorkspaceClient) -> None:
    ack = client.type("ann", "#ops", "/swarm ls")

    assert ack.shown == '/swarm failed with the error "dispatch_failed"'
    assert client.messages("#ops")[0].ephemeral_to == "U0ANN"


def test_an_outage_cuts_api_and_sockets_and_ends(
    socket_app: Heard, client: WorkspaceClient, slack: WebClient
) -> None:
    client.down()
    with pytest.raises(OSError, match=r"closed connection|reset|disconnected"):
        slack.auth_test()
    assert client.type("ann", "#ops", "/swarm ls").status == "unreachable"
    client.down(mode="503")
    with pytest.raises(SlackApiError) as refused:
        slack.auth_test()
    assert refused.value.response.status_code == 503
    client.up()

    assert slack.auth_test()["user_id"] == "U0WAGGLE"
    eventually(lambda: client.state()["connections"] == 1)
    assert client.type("ann", "#ops", "/swarm ls").status == "ok"


def test_a_lost_reply_leaves_the_message_to_be_found_by_its_metadata(
    client: WorkspaceClient, slack: WebClient
) -> None:
    client.lose_reply("chat.postMessage")

    with pytest.raises(OSError, match=r"closed connection|reset|disconnected"):
        slack.chat_postMessage(channel="C0OPS", text="started", metadata=METADATA)

    page = slack.conversations_history(
        channel="C0OPS", oldest="0", include_all_metadata=True, limit=5
    )
    assert [m["metadata"] for m in page["messages"]] == [METADATA]


def test_a_storm_answers_429_for_its_method_alone(
    client: WorkspaceClient, slack: WebClient
) -> None:
    ts = slack.chat_postMessage(channel="C0OPS", text="a")["ts"]
    client.storm("chat.update", count=2, retry_after=7)

    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            slack.chat_update(channel="C0OPS", ts=ts, text="b")
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"] == "7"
    assert slack.auth_test()["ok"]
    assert slack.chat_update(channel="C0OPS", ts=ts, text="b")["text"] == "b"
    assert [c["outcome"] for c in client.calls("chat.update")] == ["storm", "storm", "ok"]


def test_the_51st_edit_within_a_minute_is_refused(
    client: WorkspaceClient, slack: WebClient
) -> None:
    ts = slack.chat_postMessage(channel="C0OPS", text="0")["ts"]
    for number in range(50):
        slack.chat_update(channel="C0OPS", ts=ts, text=str(number))

    with pytest.raises(SlackApiError) as refused:
        slack.chat_update(channel="C0OPS", ts=ts, text="too much")

    assert 1 <= int(refused.value.response.headers["Retry-After"]) <= 60
    client.configure(rate_limits=False)
    assert slack.chat_update(channel="C0OPS", ts=ts, text="now")["ok"]


def test_a_file_lands_in_the_thread_and_in_a_direct_message(
    client: WorkspaceClient, slack: WebClient
) -> None:
    parent = slack.chat_postMessage(channel="C0OPS", text="a")["ts"]
    slack.files_upload_v2(
        channel="C0OPS",
        thread_ts=parent,
        filename="web.log",
        content="line 1\nline 2",
        initial_comment="the log",
    )
    direct = slack.conversations_open(users="U0ANN")["channel"]["id"]
    uploaded = slack.files_upload_v2(channel=direct, filename="b.txt", content="private")

    in_thread = client.thread(client.messages("#ops")[0])
    assert [(m.text, m.files) for m in in_thread] == [("the log", {"web.log": b"line 1\nline 2"})]
    assert [m.files for m in client.messages(direct)] == [{"b.txt": b"private"}]
    assert uploaded["file"]["name"] == "b.txt"


def test_a_response_url_works_five_times(
    http_app: Heard, workspace: LocalWorkspace, client: WorkspaceClient
) -> None:
    client.type("ann", "#ops", "/swarm silent")
    url = http_app.commands[0]["response_url"]

    async def post(count: int) -> list[tuple[int, str]]:
        found = []
        async with aiohttp.ClientSession() as session:
            for _ in range(count):
                async with session.post(url, json={"text": "x"}) as reply:
                    found.append((reply.status, await reply.text()))
        return found

    answers = asyncio.run(post(6))

    assert answers[:5] == [(200, "ok")] * 5
    assert answers[5] == (404, '{"ok": false, "error": "used_url"}')
    assert len(client.messages("#ops")) == 5


def test_a_modal_opens_once_and_is_submitted(
    http_app: Heard, client: WorkspaceClient, slack: WebClient
) -> None:
    client.type("ann", "#ops", "/swarm silent")
    trigger = http_app.commands[0]["trigger_id"]
    view = {
        "type": "modal",
        "callback_id": "why",
        "title": {"type": "plain_text", "text": "Why?"},
        "submit": {"type": "plain_text", "text": "Go"},
        "blocks": [
            {
                "type": "input",
                "block_id": "b",
                "label": {"type": "plain_text", "text": "Reason"},
                "element": {"type": "plain_text_input", "action_id": "reason"},
            }
        ],
    }
    slack.views_open(trigger_id=trigger, view=view)

    with pytest.raises(SlackApiError) as refused:
        slack.views_open(trigger_id=trigger, view=view)
    client.submit("ann", reason="because")

    assert refused.value.response["error"] == "exchanged_trigger_id"
    payload = client.deliveries()[-1]["payload"]
    assert payload["type"] == "view_submission"
    assert payload["view"]["state"]["values"]["b"]["reason"]["value"] == "because"


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda s: s.chat_postMessage(channel="C0NONE", text="x"), "channel_not_found"),
        (lambda s: s.chat_postMessage(channel="C0LONELY", text="x"), "not_in_channel"),
        (lambda s: s.api_call("chat.postMessage", json={"channel": "C0OPS"}), "no_text"),
        (lambda s: s.chat_update(channel="C0OPS", ts="1.0", text="x"), "message_not_found"),
        (
            lambda s: s.chat_postMessage(channel="C0OPS", text="x", metadata={"event_type": ""}),
            "invalid_metadata_format",
        ),
        (
            lambda s: s.chat_postMessage(
                channel="C0OPS", text="x", blocks=[{"type": "divider"}] * 51
            ),
            "invalid_blocks",
        ),
        (lambda s: s.conversations_history(channel="C0LONELY"), "not_in_channel"),
        (lambda s: s.conversations_replies(channel="C0OPS", ts="1.0"), "thread_not_found"),
        (lambda s: s.api_call("no.such"), "unknown_method"),
        (lambda s: s.apps_connections_open(app_token=s.token), "not_allowed_token_type"),
        (lambda s: s.auth_test(token="xoxb-wrong"), "invalid_auth"),
    ],
)
def test_errors_are_slacks_own_words(
    slack: WebClient, call: Callable[[WebClient], object], word: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        call(slack)
    assert refused.value.response["error"] == word


def test_a_missing_scope_is_named(
    workspace: LocalWorkspace, client: WorkspaceClient, slack: WebClient
) -> None:
    client.configure(scopes=["chat:write"])

    with pytest.raises(SlackApiError) as refused:
        slack.usergroups_users_list(usergroup="S0SRE")

    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "usergroups:read"
    assert refused.value.response["provided"] == "chat:write"


def test_slow_answers_and_server_errors_can_be_ordered(
    client: WorkspaceClient, slack: WebClient
) -> None:
    client.fault("slow", "auth.test", seconds=0.3)
    began = time.monotonic()
    slack.auth_test()
    assert time.monotonic() - began >= 0.3

    client.fault("http_error", "auth.test", word="502")
    client.fault("error", "auth.test", word="internal_error")
    with pytest.raises(SlackApiError) as refused:
        slack.auth_test()
    assert refused.value.response.status_code == 502
    with pytest.raises(SlackApiError, match="internal_error"):
        slack.auth_test()
    assert slack.auth_test()["ok"]


def test_many_commands_at_once_are_all_acknowledged(app: Heard, client: WorkspaceClient) -> None:
    app.delay = 0.2
    with ThreadPoolExecutor(16) as people:
        lines = [f"/swarm ls {number}" for number in range(16)]
        acks = list(people.map(lambda line: client.type("ann", "#ops", line), lines))

    assert [ack.shown for ack in acks] == [f"heard ls {number}" for number in range(16)]


def test_a_channel_reads_as_its_reader_sees_it(client: WorkspaceClient, slack: WebClient) -> None:
    slack.chat_postMessage(channel="C0OPS", text="for all")
    slack.chat_postEphemeral(channel="C0OPS", user="U0ANN", text="for ann")

    assert "for ann" in read_channel(client, "#ops", "U0ANN")
    assert "for ann" not in read_channel(client, "#ops", "U0BOB")


def test_a_wait_that_fails_says_what_was_there(client: WorkspaceClient) -> None:
    client.say("ann", "#ops", "something else")

    with pytest.raises(TimeoutError, match="ann: something else"):
        client.wait_for(lambda m: m.text == "nothing", timeout=0.2)


def test_the_workspace_can_be_rearranged(client: WorkspaceClient, slack: WebClient) -> None:
    client.control("create_user", name="eve")
    made = client.control("create_channel", name="canary", members=["eve", "ann"])["id"]
    with pytest.raises(SlackApiError, match="not_in_channel"):
        slack.chat_postMessage(channel=made, text="x")
    client.control("invite", channel="canary")
    slack.chat_postMessage(channel=made, text="<!here> x")
    client.control("archive", channel="canary")
    with pytest.raises(SlackApiError, match="is_archived"):
        slack.chat_postMessage(channel=made, text="x")
    group = client.control("create_group", handle="oncall", users=["eve"])["id"]

    users = slack.usergroups_users_list(usergroup=group)["users"]
    assert [client.state()["people"][-1]["id"]] == users
    assert client.state()["broadcast_pings"] == 1


def test_a_person_at_the_prompt_types_clicks_and_reads(
    app: Heard, client: WorkspaceClient, slack: WebClient
) -> None:
    paper = io.StringIO()
    prompt = Prompt(client, Console(file=paper, width=120))
    slack.chat_postMessage(channel="C0OPS", text="paused", blocks=BUTTONS)
    lines = iter(
        [
            "/swarm ls",
            ":as bob",
            ":thread paused",
            "/swarm ls",
            "@waggle abort",
            ":thread",
            ":click abort",
            ":as nobody",
            ":click Explode",
            ":dms",
            "hello",
            ":in ops",
            ":show",
            ":quit",
        ]
    )

    prompt.run(lambda _: next(lines))

    shown = paper.getvalue()
    assert [command["text"] for command in app.commands] == ["ls"]
    assert app.clicks[0]["user"]["name"] == "bob"
    eventually(lambda: len(app.mentions) == 1)
    assert app.mentions[0]["thread_ts"] == client.messages("#ops")[0].ts
    assert "Slack does not run slash commands in threads" in shown
    assert "! nobody is called 'nobody', but: ann, bob, cat, sam" in shown
    assert "! there is no button 'Explode' here" in shown
    assert "  web is paused\n  [ Resume ]  [ Abort ]\n    bob  " in shown
    assert "heard ls" not in shown  # that answer was for ann alone


def test_the_process_tells_where_it_is_shows_the_channel_and_ends(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "playground.workspace", "--ready-file", str(ready)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        eventually(ready.exists, 20.0)
        told = json.loads(ready.read_text(encoding="utf-8"))
        variables = told["environment"]
        slack = WebClient(token=variables["SLACK_BOT_TOKEN"], base_url=variables["SLACK_API_URL"])
        ts = slack.chat_postMessage(channel="#ops", text="*web* 1/2 <@U0ANN>")["ts"]
        slack.chat_update(channel="C0OPS", ts=ts, text="*web* 2/2")
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)

    assert process.returncode == 0
    assert f"workspace at {told['url']}" in output
    assert f"export SLACK_APP_TOKEN={variables['SLACK_APP_TOKEN']}" in output
    assert "web 2/2" in output
