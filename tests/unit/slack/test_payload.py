"""Slack's payloads as our values."""

from typing import Any

import pytest

from bot.domain.request import Source
from bot.slack import payload
from bot.usecases.about_message import Pointed


def mention(text: str, **event: Any) -> dict[str, Any]:
    inner = {"type": "app_mention", "user": "U0ANN", "channel": "C0OPS", "ts": "1.2", "text": text}
    return {"team_id": "T0", "event_id": "Ev1", "event": {**inner, **event}}


def test_a_command_carries_its_place_and_its_delivery() -> None:
    typed = payload.typed_command(
        {
            "team_id": "T0",
            "user_id": "U0ANN",
            "channel_id": "C0OPS",
            "text": "scale web=3",
            "response_url": "https://hooks.slack.com/commands/1",
            "trigger_id": "13.37",
        }
    )
    assert typed.source is Source.SLASH
    assert (typed.by.team, typed.by.user, typed.place.channel) == ("T0", "U0ANN", "C0OPS")
    assert typed.place.response_url == "https://hooks.slack.com/commands/1"
    assert typed.delivery == "trigger:13.37"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<@U0BOT> scale web=3", "scale web=3"),
        ("<@U0BOT|waggle>: services", "services"),
        ("hey <@U0BOT>, services", "services"),
        ("<@U0BOT>", ""),
        ("<@U0BOT> history <@U0BOT>", "history <@U0BOT>"),
    ],
)
def test_the_line_is_what_follows_the_mention(text: str, expected: str) -> None:
    typed = payload.mentioned(mention(text), "U0BOT")
    assert typed is not None
    assert typed.text == expected


def test_a_mention_in_a_thread_is_answered_there() -> None:
    typed = payload.mentioned(mention("<@U0BOT> ls", thread_ts="1.0"), "U0BOT")
    assert typed is not None
    assert typed.place.thread_ts == "1.0"


@pytest.mark.parametrize(
    "event", [{"bot_id": "B1"}, {"subtype": "message_changed"}, {"user": None}]
)
def test_a_mention_by_nobody_is_ignored(event: dict[str, Any]) -> None:
    assert payload.mentioned(mention("<@U0BOT> ls", **event), "U0BOT") is None


def test_a_click_carries_an_opaque_value_and_is_unique_by_time() -> None:
    body = {
        "team": {"id": "T0"},
        "user": {"id": "U0ANN"},
        "container": {"message_ts": "1.2", "channel_id": "C0OPS"},
        "response_url": "https://hooks.slack.com/actions/1",
        "actions": [{"action_id": "waggle.act.resume", "value": "r-1", "action_ts": "9.9"}],
    }
    click = payload.clicked(body)
    assert (click.action, click.value) == ("resume", "r-1")
    assert click.delivery == "click:C0OPS:1.2:waggle.act.resume:9.9"


@pytest.mark.parametrize(
    ("body", "teams"),
    [
        ({"event": {"user_team": "T9"}}, {"T9"}),
        ({"event": {"source_team": "T8", "team": "T0"}}, {"T8", "T0"}),
        ({"user": {"id": "U1", "team_id": "T7"}}, {"T7"}),
        ({"user_id": "U1"}, set()),
    ],
)
def test_a_guest_of_another_workspace_is_recognised(body: dict[str, Any], teams: set[str]) -> None:
    assert payload.teams_of_person(body) == teams


def _pointed_at(**message: object) -> Pointed:
    said = {"rollout_id": "r-1", "cluster": "eu", "service": "web"}
    metadata = {"event_type": "waggle_rollout", "event_payload": said}
    body = {
        "callback_id": "waggle.rollback_this",
        "team": {"id": "T0"},
        "user": {"id": "U0ANN"},
        "channel": {"id": "C1"},
        "message": {"ts": "1.0", "metadata": metadata, **message},
    }
    return payload.used(body, frozenset({"U0BOT", "B0WAGGLE"})).at


def test_our_own_message_says_which_rollout_it_is_of() -> None:
    told = Pointed(channel="C1", ts="1.0", rollout_id="r-1", cluster="eu", service="web")
    assert _pointed_at(user="U0BOT") == told
    assert _pointed_at(user="U9", bot_id="B0WAGGLE") == told


def test_metadata_of_any_other_message_is_not_believed() -> None:
    place = Pointed(channel="C1", ts="1.0")
    assert _pointed_at(user="U0EVE", bot_id="B0EVIL", app_id="A0EVIL") == place
    assert _pointed_at() == place
    other = {"event_type": "waggle_note", "event_payload": {"rollout_id": "r-1"}}
    assert _pointed_at(user="U0BOT", metadata=other, thread_ts="0.5") == Pointed(
        channel="C1", ts="0.5"
    )
