"""Payloads as Slack may send them, straight at the process: foreign, unknown, odd, many at once."""

import json
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.front_bed import FrontBed, Json, front
from tests.waiting import eventually

FOREIGN = "own workspace only"


@pytest.fixture(scope="module")
def bed() -> Iterator[FrontBed]:
    with front() as running:
        yield running


def command(text: str, **fields: str) -> dict[str, str]:
    return {
        "team_id": "T0WAGGLE",
        "api_app_id": "A0WAGGLE",
        "channel_id": "C0OPS",
        "user_id": "U0ANN",
        "command": "/swarm",
        "text": text,
        "trigger_id": f"t{time.monotonic_ns()}",
        "response_url": "https://hooks.slack.com/commands/1",
        **fields,
    }


def interaction(kind: str, **fields: Any) -> Json:
    return {
        "type": kind,
        "team": {"id": "T0WAGGLE"},
        "user": {"id": "U0ANN", "team_id": "T0WAGGLE"},
        "api_app_id": "A0WAGGLE",
        "trigger_id": "1.2",
        **fields,
    }


def click(action_id: str, value: str, action_ts: str = "5.5") -> Json:
    action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value}
    return interaction(
        "block_actions",
        actions=[{**action, "action_ts": action_ts}],
        container={"type": "message", "message_ts": "1.2", "channel_id": "C0OPS"},
        channel={"id": "C0OPS"},
    )


def send(bed: FrontBed, form: dict[str, str]) -> tuple[int, Any]:
    body = urllib.parse.urlencode(form).encode()
    answer = bed.post(body, bed.signed(body))
    return answer.status_code, answer.json() if answer.content else None


def interact(bed: FrontBed, payload: Json) -> tuple[int, Any]:
    return send(bed, {"payload": json.dumps(payload)})


def event(bed: FrontBed, **fields: Any) -> int:
    inner = {"type": "app_mention", "channel": "C0OPS", "ts": "1.1", "user": "U0ANN"}
    inner |= {"text": "<@U0WAGGLE> scale evented=1", **fields.pop("event", {})}
    outer = {"type": "event_callback", "team_id": "T0WAGGLE", "event_id": "Ev1"}
    body = json.dumps({**outer, **fields, "event": inner}).encode()
    return bed.post(body, bed.signed(body) | {"Content-Type": "application/json"}).status_code


@pytest.mark.parametrize(
    "payload",
    [
        interaction("shortcut", callback_id="x"),
        interaction("message_action", callback_id="x", channel={"id": "C0OPS"}),
        interaction("view_submission", view={"callback_id": "x"}),
        interaction("view_closed", view={"callback_id": "x"}),
        interaction("block_suggestion", action_id="x", block_id="b", value=""),
        interaction("dialog_submission", callback_id="x"),
        click("something_else", "v"),
        click("waggle.act.resume", "r-forged"),
    ],
    ids=lambda payload: payload["type"],
)
def test_a_payload_that_nobody_listens_to_gets_its_200(bed: FrontBed, payload: Json) -> None:
    assert interact(bed, payload)[0] == 200


def test_an_event_that_nobody_listens_to_gets_its_200(bed: FrontBed) -> None:
    assert event(bed, event={"type": "reaction_added"}) == 200


def test_a_command_of_another_name_is_answered(bed: FrontBed) -> None:
    status, answer = send(bed, command("help", command="/dock"))
    assert (status, answer["response_type"]) == (200, "ephemeral")
    assert "What can be asked" in answer["text"]


@pytest.mark.parametrize("missing", ["user_id", "channel_id", "trigger_id"])
def test_a_listener_that_raises_before_its_ack_still_gets_one(bed: FrontBed, missing: str) -> None:
    form = command("scale odd=1")
    del form[missing]
    status, answer = send(bed, form)
    assert (status, answer["response_type"]) == (200, "ephemeral")
    assert not [r for r in bed.rollouts() if r.service == "odd"]


def test_another_workspace_is_refused(bed: FrontBed) -> None:
    status, answer = send(bed, command("scale foreign=1", team_id="T0OTHER"))
    assert status == 200
    assert FOREIGN in answer["text"]


def test_a_payload_without_a_workspace_is_refused(bed: FrontBed) -> None:
    form = command("scale foreign=1")
    del form["team_id"]
    assert FOREIGN in send(bed, form)[1]["text"]


def test_a_guest_of_another_workspace_is_refused(bed: FrontBed) -> None:
    payload = click("waggle.act.resume", "r-1")
    payload["user"]["team_id"] = "T0OTHER"
    assert FOREIGN in interact(bed, payload)[1]["text"]
    for name in ("user_team", "source_team", "team"):
        assert event(bed, event={name: "T0OTHER"}, event_id=f"Ev{name}") == 200
    assert not [r for r in bed.rollouts() if r.service in {"evented", "foreign"}]


@pytest.mark.parametrize(
    "inner",
    [
        {"bot_id": "B0WAGGLE", "user": "U0WAGGLE"},
        {"bot_id": "B0OTHER"},
        {"subtype": "bot_message"},
        {"user": None},
    ],
    ids=["ourselves", "another bot", "a bot's message", "nobody"],
)
def test_what_bots_say_is_ignored(bed: FrontBed, inner: Json) -> None:
    assert event(bed, event=inner, event_id=f"Ev{time.monotonic_ns()}") == 200
    assert not [r for r in bed.rollouts() if r.service == "evented"]


def test_the_same_trigger_with_a_new_signature_is_one_record(bed: FrontBed) -> None:
    form = command("scale trigger=1")
    (_, first), (_, second) = send(bed, form), send(bed, form)
    assert first == second
    assert len([r for r in bed.rollouts() if r.service == "trigger"]) == 1


def test_the_same_click_twice_is_one_action(bed: FrontBed) -> None:
    send(bed, command("scale clicked=1"))
    (rollout,) = [r for r in bed.rollouts() if r.service == "clicked"]
    payload = click("waggle.act.abort", rollout.id)
    assert [interact(bed, payload)[0] for _ in range(3)] == [200] * 3

    def outcomes() -> list[str]:
        lines = [line for line in bed.lines() if line.get("verb") == "abort"]
        return [line["outcome"] for line in lines]

    eventually(lambda: len(outcomes()) == 3)
    assert outcomes() == ["accepted", "repeated", "repeated"]


def test_url_verification_is_answered(bed: FrontBed) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c0ffee"}).encode()
    answer = bed.post(body, bed.signed(body) | {"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["challenge"]) == (200, "c0ffee")


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"payload=%7B",
        b"payload=[]",
        b"payload=3",
        b"payload=null",
        b"payload=" + b"[" * 100_000,
        b"",
        b"&&&",
        b"payload=%ff",
        b'payload={"type":"block_actions","user":7,"actions":{}}',
        b'payload={"team":"T0WAGGLE","event":3}',
    ],
    ids=lambda body: repr(body[:24]),
)
def test_signed_nonsense_is_no_500(bed: FrontBed, body: bytes) -> None:
    assert bed.post(body, bed.signed(body)).status_code in {200, 400, 404}


@pytest.mark.parametrize(
    "body", [b"[]", b"3", b'"x"', b"null", b"{", b'{"event": []}'], ids=lambda body: repr(body[:24])
)
def test_signed_json_nonsense_is_no_500(bed: FrontBed, body: bytes) -> None:
    headers = bed.signed(body) | {"Content-Type": "application/json"}
    assert bed.post(body, headers).status_code in {200, 400, 404}


def test_64_commands_at_once_are_all_answered_in_time(bed: FrontBed) -> None:
    def one(number: int) -> tuple[int, float]:
        began = time.monotonic()
        return send(bed, command(f"scale many{number}=1"))[0], time.monotonic() - began

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(one, range(64)))
    assert {status for status, _ in answers} == {200}
    assert max(seconds for _, seconds in answers) < 3
    assert len([r for r in bed.rollouts() if r.service.startswith("many")]) == 64


def test_nothing_in_all_this_was_a_server_error(bed: FrontBed) -> None:
    assert "Exception in ASGI application" not in bed.log()
