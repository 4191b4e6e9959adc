"""A person writes a message; mentions become app_mention events (docs.slack.dev events-api)."""

import asyncio
import secrets

from playground.workspace.acts.present import person, place, say_as, slackbot_says
from playground.workspace.courier import EVENT, OK, TIMEOUT, UNREACHABLE
from playground.workspace.errors import ControlError
from playground.workspace.hub import Hub
from playground.workspace.records import Channel, Json, Message, Person
from playground.workspace.typed import as_sent, smart

REASONS = {TIMEOUT: "http_timeout", UNREACHABLE: "connection_failed"}


def say(hub: Hub, user: str, channel: str, text: str, thread_ts: str | None = None) -> Json:
    """Post what a person wrote, in a thread if told; a mention of the app becomes an event.

    The event is delivered in the background, as Slack does: nobody waits for it.

    Raises:
        ControlError: nobody could have written this there.
    """
    who = person(hub, user)
    where = place(hub, channel, who)
    if thread_ts is not None:
        parent = hub.world.message(where.id, thread_ts)
        if parent is None:
            raise ControlError(f"there is no message {thread_ts} in #{where.name}")
        thread_ts = parent.thread_ts or parent.ts
    typed = smart(text) if hub.settings.smart_punctuation else text
    message = say_as(hub, who, where, as_sent(typed, hub.world, names=False), thread_ts)
    mentioned = f"<@{hub.settings.bot_user}>" in message.text
    if mentioned and not where.is_im:
        _mention(hub, who, where, message)
    return {"ts": message.ts, "channel": where.id, "mentioned": mentioned}


def _mention(hub: Hub, who: Person, where: Channel, message: Message) -> None:
    if hub.settings.bot_user not in where.members:
        name = hub.settings.bot_name
        slackbot_says(hub, who, where, f"@{name} is not in this channel. Invite them?")
        return
    event: Json = {
        "type": "app_mention",
        "user": who.id,
        "text": message.text,
        "ts": message.ts,
        "team": hub.settings.team_id,
        "channel": where.id,
        "event_ts": message.ts,
        "client_msg_id": secrets.token_hex(16),
    }
    if message.is_reply:
        event["thread_ts"] = message.thread_ts
    hub.in_background(deliver_event(hub, event))


def open_home(hub: Hub, user: str) -> Json:
    """Let a person open the app's home tab, which sends app_home_opened."""
    who = person(hub, user)
    event: Json = {
        "type": "app_home_opened",
        "user": who.id,
        "channel": hub.world.direct_channel(who.id).id,
        "tab": "home",
        "event_ts": hub.world.new_ts(),
    }
    hub.in_background(deliver_event(hub, event))
    return {"user": who.id}


async def deliver_event(hub: Hub, event: Json) -> None:
    """Deliver an event, and again up to three times while it is not answered by a 200."""
    envelope = _envelope(hub, event)
    answer = await hub.courier.deliver(EVENT, envelope)
    for number, delay in enumerate(hub.settings.retry_delays, start=1):
        if answer.status == OK or answer.no_retry:
            return
        reason = REASONS.get(answer.status, "http_error")
        await asyncio.sleep(delay)
        answer = await hub.courier.deliver(EVENT, envelope, (number, reason))


def _envelope(hub: Hub, event: Json) -> Json:
    settings = hub.settings
    return {
        "token": "deprecated-verification-token",
        "team_id": settings.team_id,
        "api_app_id": settings.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": hub.world.new_id("Ev"),
        "event_time": int(hub.world.clock()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": settings.team_id,
                "user_id": settings.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{settings.team_id}-{event['event_ts']}",
    }
