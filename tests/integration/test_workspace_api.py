"""The workspace against slack-sdk's own clients, unmodified, without an app."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.client import WebClient

from playground.workspace import LocalWorkspace, WorkspaceClient
from playground.workspace.errors import ControlError
from playground.workspace.terminal.transcript import read_channel
from tests.integration.workspace_app import METADATA
from tests.waiting import eventually


def test_without_a_connection_a_command_fails_at_once(client: WorkspaceClient) -> None:
    ack = client.type("ann", "#ops", "/swarm ls")

    assert ack.shown == '/swarm failed with the error "dispatch_failed"'
    assert client.messages("#ops")[0].ephemeral_to == "U0ANN"


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
    (call,) = client.calls("chat.postMessage")
    assert (call["outcome"], call["ts"]) == ("lost_reply", page["messages"][0]["ts"])


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


@pytest.mark.parametrize("how", ["form", "json"])
def test_one_channel_alone_can_have_trouble(
    client: WorkspaceClient, slack: WebClient, how: str
) -> None:
    def post(channel: str) -> bool:
        body = {"channel": channel, "text": "a"}
        sent = {"params": body} if how == "form" else {"json": body}
        return bool(slack.api_call("chat.postMessage", **sent)["ok"])  # type: ignore[arg-type]  # mypy takes ** for any argument

    client.fault("http_error", "chat.*", count=None, channel="C0DEV", word="503")
    with pytest.raises(SlackApiError) as refused:
        post("C0DEV")
    assert refused.value.response.status_code == 503
    assert post("C0OPS")
    assert [(c["channel"], c["outcome"]) for c in client.calls("chat.postMessage")] == [
        ("C0DEV", "http_error"),
        ("C0OPS", "ok"),
    ]
    client.clear()
    assert post("C0DEV")


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


def test_who_is_deactivated_acts_no_more_until_they_are_back(
    client: WorkspaceClient, slack: WebClient
) -> None:
    client.control("deactivate", user="ann")
    assert slack.users_info(user="U0ANN")["user"]["deleted"] is True
    with pytest.raises(ControlError, match="ann is deactivated"):
        client.say("ann", "#ops", "hello")
    client.control("deactivate", user="ann", deactivated=False)
    client.say("ann", "#ops", "hello")


def test_an_answer_names_the_token_s_scopes(client: WorkspaceClient, slack: WebClient) -> None:
    client.configure(scopes=["chat:write", "users:read"])
    assert slack.auth_test().headers["X-OAuth-Scopes"] == "chat:write,users:read"


def test_the_process_tells_where_it_is_shows_the_channel_and_ends(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "playground.workspace", "--ready-file", str(ready)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        eventually(ready.exists)
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
