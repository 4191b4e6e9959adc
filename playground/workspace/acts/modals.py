"""A person fills in a modal, clicks in it, or closes it."""

from typing import Any

from playground.workspace.acts.clicks import Click, action_of, elements_of, interaction
from playground.workspace.acts.filling import filled, refused_by_client
from playground.workspace.acts.present import outcome, person
from playground.workspace.api.views import change_view, push
from playground.workspace.blockkit import check_view
from playground.workspace.courier import INTERACTIVE, OK, Answer
from playground.workspace.errors import ControlError, SlackError
from playground.workspace.hub import Hub
from playground.workspace.records import Json, View


def seen(hub: Hub, user: str, view_id: str | None) -> View:
    """Return a person's topmost open view, or the named one.

    Raises:
        ControlError: they see no such view.
    """
    who = person(hub, user)
    mine = [v for v in hub.world.views.values() if v.user == who.id and v.open]
    if view_id is not None:
        mine = [view for view in mine if view.id == view_id]
    if not mine:
        raise ControlError(f"{who.name} sees no such view")
    return mine[-1]


def shape_of(hub: Hub, view: View, values: dict[str, Any]) -> Json:
    """Return the view as payloads carry it, with typed values, given by action_id, in its state.

    Raises:
        ControlError: a menu has no such option.
    """
    settings = hub.settings
    shape = view.wire(settings.team_id, settings.app_id, settings.bot_id)
    return shape | {"state": {"values": filled(hub, view, values)}}


async def submit(hub: Hub, user: str, view_id: str | None, values: dict[str, Any]) -> Json:
    """Submit the topmost (or the named) modal; the ack's response_action is carried out.

    Raises:
        ControlError: the person has no such modal open.
    """
    view = seen(hub, user, view_id)
    shape = shape_of(hub, view, values)
    if wrong := refused_by_client(view, shape["state"]["values"]):
        return outcome(Answer("invalid"), errors=wrong)
    payload = interaction(hub, "view_submission", person(hub, user))
    payload |= {"view": shape, "response_urls": []}
    answer = await hub.courier.deliver(INTERACTIVE, payload)
    if answer.status != OK:
        return outcome(answer, errors={"_": "We had some trouble connecting. Try again?"})
    body = answer.body if isinstance(answer.body, dict) else {}
    try:
        return outcome(answer, errors=_respond(hub, view, body))
    except SlackError as error:
        return outcome(answer, errors={"_": "; ".join(error.messages) or error.code})


def _respond(hub: Hub, view: View, body: Json) -> Json:
    action = body.get("response_action")
    if action == "errors":
        return _errors(view, body.get("errors"))
    if action == "update":
        change_view(hub, view, check_view(body.get("view")))
    elif action == "push":
        push(hub, view, check_view(body.get("view")))
    elif action in (None, "clear"):
        _close(hub, view, whole=action == "clear")
    else:
        raise SlackError("invalid_response_action", [f"[ERROR] unknown: {action}"])
    return {}


def _errors(view: View, errors: Any) -> Json:
    inputs = {b.get("block_id") for b in view.body["blocks"] if b.get("type") == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid_errors", ["[ERROR] errors must name block_ids of inputs"])
    if not all(isinstance(text, str) and text for text in errors.values()):
        raise SlackError("invalid_errors", ["[ERROR] errors must be texts"])
    return dict(errors)


def _close(hub: Hub, view: View, *, whole: bool) -> None:
    for other in hub.world.views.values():
        if other is view or (whole and other.root_id == view.root_id):
            other.open = False
    hub.world.touch()


async def close(hub: Hub, user: str, view_id: str | None) -> Json:
    """Close a modal; view_closed is sent if it asked for it."""
    view = seen(hub, user, view_id)
    _close(hub, view, whole=False)
    if not view.body.get("notify_on_close"):
        return {"status": "closed"}
    payload = interaction(hub, "view_closed", person(hub, user))
    payload |= {"view": shape_of(hub, view, {}), "is_cleared": False}
    return outcome(await hub.courier.deliver(INTERACTIVE, payload))


async def click_in_view(hub: Hub, asked: Click, view_id: str | None) -> Json:
    """Click an element of a modal or App Home, given by its action_id.

    Raises:
        ControlError: there is no such view or element.
    """
    view = seen(hub, asked.user, view_id)
    for block, element in elements_of(view.body.get("blocks", [])):
        if element.get("action_id") == asked.action_id:
            payload = interaction(hub, "block_actions", person(hub, asked.user))
            shape = shape_of(hub, view, {})
            payload |= {
                "container": {"type": "view", "view_id": view.id},
                "view": shape,
                "actions": [action_of(hub, block, element, asked.value)],
            }
            return outcome(await hub.courier.deliver(INTERACTIVE, payload))
    raise ControlError(f"there is no element {asked.action_id!r} in the view")
