"""The workspace's modals, menus and shortcuts against the real slack-bolt, and its strictness."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console
from slack_sdk.errors import SlackApiError
from slack_sdk.web.client import WebClient

from bot.slack.manifest import SHORTCUTS
from playground.workspace import LocalWorkspace, WorkspaceClient
from playground.workspace.errors import ControlError
from playground.workspace.settings import DEFAULT_SHORTCUTS
from playground.workspace.terminal.prompt import Prompt
from tests.integration.workspace_app import METADATA, Heard, over_http, over_socket

Json = dict[str, Any]


@pytest.fixture(params=[over_http, over_socket])
def app(request: pytest.FixtureRequest, workspace: LocalWorkspace) -> Iterator[Heard]:
    heard = Heard()
    with request.param(workspace, heard):
        yield heard


@pytest.fixture
def http_app(workspace: LocalWorkspace) -> Iterator[Heard]:
    heard = Heard()
    with over_http(workspace, heard):
        yield heard


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def an_option(word: str) -> Json:
    return {"text": plain(word), "value": word}


def an_input(name: str, element: Json, **more: Any) -> Json:
    made = {"type": "input", "block_id": name, "label": plain(name), **more}
    return {**made, "element": {"action_id": name, **element}}


NUMBER = {"type": "number_input", "is_decimal_allowed": False, "min_value": "0", "max_value": "9"}
ORDERS = [an_option("stop-first"), an_option("start-first")]
FIELDS = (
    an_input("tag", {"type": "external_select", "min_query_length": 0}),
    an_input("count", {**NUMBER, "initial_value": "3"}),
    an_input("why", {"type": "plain_text_input", "max_length": 5}, optional=True),
    an_input("order", {"type": "static_select", "options": ORDERS, "initial_option": ORDERS[0]}),
    an_input("where", {"type": "conversations_select"}, optional=True),
)


def a_view(*blocks: Json, **more: Any) -> Json:
    made = {"type": "modal", "callback_id": "form", "title": plain("Form"), "submit": plain("Go")}
    return {**made, "blocks": list(blocks), **more}


def opened(client: WorkspaceClient, slack: WebClient, heard: Heard, view: Json) -> None:
    client.type("ann", "#ops", "/swarm silent")
    slack.views_open(trigger_id=heard.commands[-1]["trigger_id"], view=view)


def submit(client: WorkspaceClient, **values: Any) -> Json:
    raw = client.control("submit_view", user="ann", values=values)
    errors: Json = raw["errors"]
    return errors


def test_a_menu_is_filled_by_the_app_and_only_with_what_it_offers(
    app: Heard, client: WorkspaceClient, slack: WebClient
) -> None:
    opened(client, slack, app, a_view(*FIELDS, private_metadata="kept"))
    app.options = [an_option("v1"), an_option("v2")]
    assert client.suggest("ann", "tag", "v") == [("v1", "v1"), ("v2", "v2")]
    asked = app.queries[0]
    assert (asked["type"], asked["action_id"], asked["block_id"], asked["value"]) == (
        *("block_suggestion", "tag", "tag", "v"),
    )
    assert asked["view"]["private_metadata"] == "kept"
    assert "trigger_id" not in asked
    with pytest.raises(ControlError, match="not offered"):
        submit(client, tag="v3")
    assert submit(client, tag="v2", where="#dev") == {}
    state = app.forms[0]["view"]["state"]["values"]
    assert state["tag"]["tag"]["selected_option"] == an_option("v2")
    assert state["count"]["count"] == {"type": "number_input", "value": "3"}
    assert state["why"]["why"] == {"type": "plain_text_input", "value": None}
    assert state["order"]["order"]["selected_option"] == ORDERS[0]
    assert state["where"]["where"]["selected_conversation"] == "C0DEV"


def test_what_is_typed_into_a_modal_comes_as_it_is(
    app: Heard, client: WorkspaceClient, slack: WebClient
) -> None:
    opened(client, slack, app, a_view(an_input("env", {"type": "plain_text_input"})))
    typed = "A=x&y &amp; <https://a|b> -- Don\u2019t @ann"
    assert submit(client, env=typed) == {}
    assert app.forms[0]["view"]["state"]["values"]["env"]["env"]["value"] == typed


def test_a_menu_waits_for_as_many_letters_as_it_says(
    http_app: Heard, client: WorkspaceClient, slack: WebClient
) -> None:
    opened(client, slack, http_app, a_view(an_input("tag", {"type": "external_select"})))
    assert client.control("suggest", user="ann", action_id="tag", query="v1")["options"] == []
    assert http_app.queries == []


@pytest.mark.parametrize(
    "options", [[an_option("x" * 76)], [an_option("v")] * 101, [{"text": plain("v")}]]
)
def test_options_past_slacks_limits_are_not_shown(
    http_app: Heard, client: WorkspaceClient, slack: WebClient, options: list[Any]
) -> None:
    opened(client, slack, http_app, a_view(*FIELDS))
    http_app.options = options
    with pytest.raises(ControlError, match="ERROR"):
        client.suggest("ann", "tag", "v")


@pytest.mark.parametrize(
    ("field", "value"),
    [("count", "many"), ("count", "1.5"), ("count", "-1"), ("count", "10"), ("why", "toolong")],
)
def test_what_slacks_client_refuses_never_reaches_the_app(
    http_app: Heard, client: WorkspaceClient, slack: WebClient, field: str, value: str
) -> None:
    opened(client, slack, http_app, a_view(*FIELDS[1:]))
    assert submit(client, **{field: value}).keys() == {field}
    assert submit(client, count="").keys() == {"count"}
    assert http_app.forms == []


def test_errors_stand_at_inputs_and_nowhere_else(
    app: Heard, client: WorkspaceClient, slack: WebClient
) -> None:
    opened(client, slack, app, a_view(*FIELDS[1:]))
    app.form_ack = {"response_action": "errors", "errors": {"count": "too many"}}
    assert submit(client) == {"count": "too many"}
    for errors in ({"other": "x"}, {}, {"count": ""}):
        app.form_ack = {"response_action": "errors", "errors": errors}
        assert submit(client).keys() == {"_"}
    app.form_ack = {"response_action": "dance"}
    assert submit(client).keys() == {"_"}
    assert client.modal("U0ANN") is not None


def test_a_view_is_pushed_updated_by_its_name_and_cleared(
    app: Heard, client: WorkspaceClient, slack: WebClient
) -> None:
    opened(client, slack, app, a_view(*FIELDS[1:]))
    app.form_ack = {
        "response_action": "push",
        "view": a_view({"type": "divider"}, external_id="mine"),
    }
    assert submit(client) == {}
    slack.views_update(external_id="mine", view=a_view({"type": "divider"}, private_metadata="2"))
    top = client.modal("U0ANN")
    assert top is not None
    assert top["body"]["private_metadata"] == "2"
    client.control("close_view", user="ann")
    below = client.modal("U0ANN")
    assert below is not None
    assert below["body"]["blocks"] == list(FIELDS[1:])
    app.form_ack["view"] = a_view({"type": "divider"})
    assert submit(client) == {}
    assert submit(client) == {}
    assert "push_limit_reached" in submit(client)["_"]
    app.form_ack = {"response_action": "clear"}
    assert submit(client) == {}
    assert client.modal("U0ANN") is None
    with pytest.raises(SlackApiError, match="not_found"):
        slack.views_update(external_id="mine", view=a_view({"type": "divider"}))


@pytest.mark.parametrize(
    "element",
    [
        {"type": "number_input"},
        {**NUMBER, "initial_value": 3},
        {"type": "plain_text_input", "max_length": 3001},
        {"type": "plain_text_input", "max_length": 2, "initial_value": "abc"},
        {"type": "plain_text_input", "min_length": 9, "max_length": 2},
        {"type": "external_select", "options": ORDERS},
        {"type": "external_select", "initial_option": {"text": plain("v")}},
        {"type": "external_select", "min_query_length": "0"},
        {"type": "static_select", "options": []},
        {"type": "static_select", "options": ORDERS, "initial_option": an_option("other")},
        {"type": "button", "text": plain("b")},
        {"type": "fancy_input"},
    ],
)
def test_inputs_that_slack_would_refuse_are_refused(
    http_app: Heard, client: WorkspaceClient, slack: WebClient, element: Json
) -> None:
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        opened(client, slack, http_app, a_view(an_input("x", element)))
    assert client.modal("U0ANN") is None


def test_shortcuts_carry_what_slack_sends(
    app: Heard, client: WorkspaceClient, slack: WebClient
) -> None:
    slack.chat_postMessage(channel="C0OPS", text="web", metadata=METADATA)
    message = client.messages("#ops")[-1]
    client.use("ann", "Roll back this", message)
    client.configure(shortcut_metadata=False)
    client.use("ann", "waggle.show_history", message)
    client.use("bob", "Deploy…")
    first, second, third = app.shortcuts
    assert (first["type"], first["callback_id"]) == ("message_action", "waggle.rollback_this")
    assert first["message"]["metadata"] == METADATA
    assert first["channel"]["id"] == "C0OPS"
    assert first["response_url"]
    assert "metadata" not in second["message"]
    assert (third["type"], third["user"]["id"]) == ("shortcut", "U0BOB")
    assert not {"channel", "response_url", "message"} & third.keys()
    slack.views_open(trigger_id=third["trigger_id"], view=a_view({"type": "divider"}))
    with pytest.raises(ControlError, match="no global shortcut"):
        client.use("ann", "Roll back this")
    private = client.type("ann", "#ops", "/swarm ls").message_ts
    hidden = next(m for m in client.messages("#ops") if m.ts == private)
    with pytest.raises(ControlError, match="sees no message"):
        client.use("ann", "Roll back this", hidden)


def test_the_workspaces_shortcuts_are_those_of_the_manifest() -> None:
    named = [{key: each[key] for key in ("name", "type", "callback_id")} for each in SHORTCUTS]
    assert list(DEFAULT_SHORTCUTS) == named
    assert all(len(each["name"]) <= 24 for each in SHORTCUTS)


def test_a_person_at_the_prompt_fills_in_a_form(
    http_app: Heard, client: WorkspaceClient, slack: WebClient
) -> None:
    paper = io.StringIO()
    prompt = Prompt(client, Console(file=paper, width=120))
    prompt.take(":submit")
    assert "no such view" in paper.getvalue()
    opened(client, slack, http_app, a_view(*FIELDS))
    http_app.options = [an_option("v1")]
    for line in (":set count 4", ":set other 4", ":set tag v9", ":set tag v1", ":set count many"):
        prompt.take(line)
    told = paper.getvalue()
    assert "│ count: 4" in told
    assert "no field 'other'" in told
    assert "it offers: v1" in told
    prompt.take(":submit")
    assert "! count: Please enter a number." in paper.getvalue()
    prompt.take(":set count 5")
    prompt.take(":submit")
    state = http_app.forms[0]["view"]["state"]["values"]
    assert state["count"]["count"]["value"] == "5"
    assert client.modal("U0ANN") is None
    opened(client, slack, http_app, a_view({"type": "divider"}))
    prompt.take(":close")
    assert client.modal("U0ANN") is None
    slack.chat_postMessage(channel="C0OPS", text="web")
    prompt.take(":use Deploy…")
    prompt.take(":use Show history")
    prompt.take(":use Nothing")
    assert [each["type"] for each in http_app.shortcuts] == ["shortcut", "message_action"]
    assert "no message shortcut 'Nothing'" in paper.getvalue()
