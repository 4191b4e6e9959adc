"""Bolt's bodies as our values: the only place that knows the field names of Slack's payloads."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.request import Place, Principal, Source
from bot.rendering.metadata import ROLLOUT
from bot.usecases.about_message import Pointed
from bot.usecases.click import Clicked
from bot.usecases.propose import Typed

Body = Mapping[str, Any]

ACTION_PREFIX = "waggle.act."


def team_of(body: Body) -> str:
    """Return the workspace that a payload says it comes from, empty if it says none."""
    team = body.get("team_id") or (body.get("team") or {}).get("id")
    return str(team or "")


def teams_of_person(body: Body) -> set[str]:
    """Return the workspaces that the acting person is said to belong to; none is said for commands.

    A Slack Connect guest's is another one than ours.
    """
    event, user = body.get("event") or {}, body.get("user") or {}
    named = {event.get("user_team"), event.get("source_team"), event.get("team")}
    if isinstance(user, Mapping):
        named.add(user.get("team_id"))
    return {str(team) for team in named if team}


def app_of(body: Body) -> str:
    """Return the app id that a payload is for, empty if it says none."""
    return str(body.get("api_app_id") or "")


def typed_command(body: Body) -> Typed:
    """Return what was typed after the slash command."""
    return Typed(
        text=str(body.get("text") or ""),
        by=Principal(team=team_of(body), user=str(body["user_id"])),
        place=Place(
            channel=str(body["channel_id"]),
            response_url=str(body.get("response_url") or "") or None,
        ),
        source=Source.SLASH,
        delivery=f"trigger:{body['trigger_id']}",
    )


def mentioned(body: Body, bot_user: str) -> Typed | None:
    """Return what was typed after the mention.

    None when it is nobody's (another bot, or an edit).
    """
    event = body["event"]
    if event.get("bot_id") or event.get("subtype") or not event.get("user"):
        return None
    before_and_after = re.split(
        rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>", event["text"], maxsplit=1
    )
    return Typed(
        text=before_and_after[-1].strip().lstrip(",:").strip(),
        by=Principal(team=team_of(body), user=str(event["user"])),
        place=Place(channel=str(event["channel"]), thread_ts=event.get("thread_ts")),
        source=Source.MENTION,
        delivery=f"event:{body['event_id']}",
    )


def clicked(body: Body) -> Clicked:
    """Return the click; its value is an opaque id, all else comes from the store."""
    action = body["actions"][0]
    container = body.get("container") or {}
    ts = str(container.get("message_ts") or (body.get("message") or {}).get("ts") or "")
    channel = str(container.get("channel_id") or (body.get("channel") or {}).get("id") or "")
    action_id = str(action["action_id"])
    return Clicked(
        action=action_id.removeprefix(ACTION_PREFIX),
        value=str(action.get("value") or ""),
        by=Principal(team=team_of(body), user=str(body["user"]["id"])),
        place=Place(
            channel=channel,
            thread_ts=container.get("thread_ts"),
            response_url=body.get("response_url"),
        ),
        delivery=f"click:{channel}:{ts}:{action_id}:{action.get('action_ts')}",
    )


@dataclass(frozen=True, kw_only=True)
class Used:
    """A shortcut that was used; without a channel and a message it is a global one."""

    name: str
    by: Principal
    place: Place
    at: Pointed
    delivery: str


def used(body: Body, own: Collection[str]) -> Used:
    """Return a shortcut that was used.

    Args:
        body: the payload.
        own: the ids by which Slack knows us as a message's author.
    """
    channel = str((body.get("channel") or {}).get("id") or "")
    return Used(
        name=str(body["callback_id"]),
        by=Principal(team=team_of(body), user=str(body["user"]["id"])),
        place=Place(channel=channel, response_url=body.get("response_url")),
        at=_pointed(channel, body.get("message") or {}, own),
        delivery=f"trigger:{trigger_of(body)}",
    )


def _pointed(channel: str, message: Mapping[str, Any], own: Collection[str]) -> Pointed:
    """Return a message; its metadata only where Slack says that we wrote it, for any app may."""
    ts = str(message.get("thread_ts") or message.get("ts") or "")
    metadata = message.get("metadata") or {}
    authors = {str(message.get("bot_id") or ""), str(message.get("user") or "")} - {""}
    if authors.isdisjoint(own) or metadata.get("event_type") != ROLLOUT:
        return Pointed(channel=channel, ts=ts)
    said = metadata.get("event_payload") or {}
    return Pointed(
        channel=channel,
        ts=ts,
        rollout_id=str(said.get("rollout_id") or ""),
        cluster=str(said.get("cluster") or ""),
        service=str(said.get("service") or ""),
    )


def view_of(body: Body) -> str:
    """Return the modal in which something was clicked, empty if it was in a message."""
    return str((body.get("container") or {}).get("view_id") or "")


def trigger_of(body: Body) -> str:
    """Return what a modal can be opened with, within three seconds of the click."""
    return str(body.get("trigger_id") or "")


def submitted(body: Body, action: str) -> Clicked:
    """Return a submitted modal as a click with words; it names an id alone, and no channel."""
    view = body["view"]
    return Clicked(
        action=action,
        value=str(view.get("private_metadata") or ""),
        by=Principal(team=team_of(body), user=str(body["user"]["id"])),
        place=Place(channel=""),
        # each opening of a modal is a view of its own: one submission of it counts
        delivery=f"view:{view.get('id')}",
        words=_typed_into(view.get("state") or {}),
    )


def _typed_into(state: Mapping[str, Any]) -> str:
    inputs = [each for block in (state.get("values") or {}).values() for each in block.values()]
    return "\n".join(str(each.get("value") or "") for each in inputs).strip()
