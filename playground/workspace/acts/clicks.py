"""A person clicks a button or chooses from a menu (docs.slack.dev handling-user-interaction)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playground.workspace.acts.present import failure_word, outcome, person, slackbot_says
from playground.workspace.blockkit.elements import every_option
from playground.workspace.courier import INTERACTIVE, OK, Answer
from playground.workspace.errors import ControlError
from playground.workspace.hub import Hub
from playground.workspace.records import Json, Message, Person


@dataclass(frozen=True)
class Click:
    """What a person clicked: a button by its action_id or by the words on it.

    Attributes:
        value: The option to choose where the element is a menu.
        confirm: The person's answer should a confirm dialog come up.
        stale: The person's screen still shows the last edit that had the button.
    """

    user: str
    channel: str
    ts: str
    action_id: str | None = None
    text: str | None = None
    value: str | None = None
    confirm: bool = True
    stale: bool = False


async def click(hub: Hub, asked: Click) -> Json:
    """Send the click to the app, unless a confirm dialog came up and was declined.

    Returns:
        status (`cancelled` after a declined dialog), http_status, seconds, body, and `dialog`,
        the confirm dialog that was shown, if any.

    Raises:
        ControlError: the person sees no such message or button.
    """
    who = person(hub, asked.user)
    message = _visible(hub, asked, who)
    block, element = _find(_on_screen(message, asked), asked)
    dialog = element.get("confirm")
    if dialog and not asked.confirm:
        return outcome(Answer("cancelled"), dialog=dialog)
    action = action_of(hub, block, element, asked.value)
    answer = await hub.courier.deliver(INTERACTIVE, _payload(hub, who, message, action))
    if answer.status != OK:
        channel = hub.world.channels[message.channel]
        text = f"That did not work: {failure_word(answer)}"
        slackbot_says(hub, who, channel, text, message.thread_ts)
    return outcome(answer, dialog=dialog)


def _visible(hub: Hub, asked: Click, who: Person) -> Message:
    channel = hub.world.channel_named(asked.channel)
    message = hub.world.message(channel.id, asked.ts) if channel else None
    if message is None or message.ephemeral_to not in (None, who.id):
        raise ControlError(f"{who.name} sees no message {asked.ts} in {asked.channel}")
    return message


def _on_screen(message: Message, asked: Click) -> list[Json]:
    if asked.stale:
        for shown in reversed(message.revisions):
            if any(_is_it(element, asked) for _, element in elements_of(shown.blocks)):
                return shown.blocks
    return message.blocks


def elements_of(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield every interactive element with the block it stands in."""
    for block in blocks:
        if block.get("type") == "actions":
            yield from ((block, element) for element in block["elements"])
        if block.get("type") == "container":
            yield from elements_of(block.get("child_blocks", []))
        inner = block.get("accessory") or block.get("element")
        if isinstance(inner, dict) and inner.get("type") != "image":
            yield block, inner


def _find(blocks: list[Json], asked: Click) -> tuple[Json, Json]:
    labels = []
    for block, element in elements_of(blocks):
        label = (element.get("text") or {}).get("text", "")
        labels.append(label or str(element.get("action_id")))
        if _is_it(element, asked):
            return block, element
    wanted = asked.action_id or asked.text
    raise ControlError(f"there is no button {wanted!r}, only: {', '.join(labels) or 'none'}")


def _is_it(element: Json, asked: Click) -> bool:
    label = str((element.get("text") or {}).get("text", ""))
    by_id = asked.action_id is not None and element.get("action_id") == asked.action_id
    by_text = asked.text is not None and label.strip().lower() == asked.text.strip().lower()
    return by_id or by_text


def action_of(hub: Hub, block: Json, element: Json, value: str | None) -> Json:
    """Return the entry of `actions` for a click on an element.

    Raises:
        ControlError: a menu has no such option.
    """
    action: Json = {
        "type": element["type"],
        "action_id": element.get("action_id", ""),
        "block_id": block.get("block_id", ""),
        "action_ts": hub.world.new_ts(),
    }
    if element["type"] in ("static_select", "overflow", "radio_buttons"):
        return action | {"selected_option": _option(element, value)}
    for name in ("text", "value", "style", "url"):
        if element.get(name) is not None:
            action[name] = element[name]
    return action


def _option(element: Json, value: str | None) -> Any:
    for option in every_option(element):
        if value in (option["value"], option["text"]["text"]):
            return option
    raise ControlError(f"there is no option {value!r}")


def interaction(hub: Hub, kind: str, who: Person) -> Json:
    """Return the fields that every interaction payload has."""
    settings = hub.settings
    return {
        "type": kind,
        "user": {
            "id": who.id,
            "username": who.name,
            "name": who.name,
            "team_id": settings.team_id,
        },
        "api_app_id": settings.app_id,
        "token": "deprecated-verification-token",
        "trigger_id": hub.triggers.issue(who.id),
        "team": {"id": settings.team_id, "domain": settings.team_domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _payload(hub: Hub, who: Person, message: Message, action: Json) -> Json:
    channel = hub.world.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    payload = interaction(hub, "block_actions", who) | {
        "container": container,
        "channel": {
            "id": channel.id,
            "name": "directmessage" if channel.is_im else channel.name,
        },
        "state": {"values": {}},
        "response_url": hub.links.issue("actions", channel.id, who.id, message),
        "actions": [action],
    }
    if message.ephemeral_to is None:  # Slack keeps no copy of an ephemeral message to send
        payload["message"] = hub.wire(message)
    return payload
