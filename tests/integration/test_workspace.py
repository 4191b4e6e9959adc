"""The workspace against the real slack-bolt AsyncApp, over HTTP and over Socket Mode."""

import asyncio
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest
from rich.console import Console
from slack_sdk.errors import SlackApiError
from slack_sdk.web.client import WebClient

from playground.workspace import LocalWorkspace, Settings, WorkspaceClient
from playground.workspace.errors import ControlError
from playground.workspace.terminal.prompt import Prompt
from tests.integration.workspace_app import BUTTONS, METADATA, Heard, over_http, over_socket
from tests.waiting import eventually


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


def test_many_commands_at_once_are_all_acknowledged(app: Heard, client: WorkspaceClient) -> None:
    app.delay = 0.2
    with ThreadPoolExecutor(16) as people:
        lines = [f"/swarm ls {number}" for number in range(16)]
        acks = list(people.map(lambda line: client.type("ann", "#ops", line), lines))

    assert [ack.shown for ack in acks] == [f"heard ls {number}" for number in range(16)]


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


def test_it_listens_where_it_is_told_and_says_so() -> None:
    with LocalWorkspace(Settings(host="127.0.0.2")) as elsewhere:
        assert elsewhere.url.startswith("http://127.0.0.2:")
        assert elsewhere.api_url.startswith(elsewhere.url)
        assert elsewhere.client.state()
