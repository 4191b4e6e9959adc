"""A person fills in a modal, clicks in it, or closes it."""

from typing import Any

from playground.workspace.acts.clicks import Click, action_of, elements_of, interaction
from playground.workspace.acts.present import outcome, person
from playground.workspace.api.views import add_view, change_view
from playground.workspace.blockkit import check_view
from playground.workspace.courier import INTERACTIVE, OK
from playground.workspace.errors import ControlError, SlackError
from playground.workspace.hub import Hub
from playground.workspace.records import Json, View


def _seen(hub: Hub, user: str, view_id: str | None) -> View:
    who = person(hub, user)
    mine = [v for v in hub.world.views.values() if v.user == who.id and v.open]
    if view_id is not None:
        mine = [view for view in mine if view.id == view_id]
    if not mine:
        raise ControlError(f"{who.name} sees no such view")
    return mine[-1]


def _with_values(hub: Hub, view: View, values: dict[str, Any]) -> Json:
    """Return the view with typed values, given by action_id, in its state."""
    state: Json = {}
    for block, element in elements_of(view.body.get("blocks", [])):
        name = str(element.get("action_id"))
        typed = values.get(name, element.get("initial_value"))
        entry: Json = {"type": element["type"], "value": typed}
        if element["type"] in ("static_select", "radio_buttons") and typed is not None:
            action = action_of(hub, block, element, str(typed))
            entry = {"type": element["type"], "selected_option": action["selected_option"]}
        state.setdefault(str(block.get("block_id")), {})[name] = entry
    settings = hub.settings
    shape = view.wire(settings.team_id, settings.app_id, settings.bot_id)
    return shape | {"state": {"values": state}}


async def submit(hub: Hub, user: str, view_id: str | None, values: dict[str, Any]) -> Json:
    """Submit the topmost (or the named) modal; the ack's response_action is carried out.

    Raises:
        ControlError: the person has no such modal open.
    """
    view = _seen(hub, user, view_id)
    payload = interaction(hub, "view_submission", person(hub, user))
    payload |= {"view": _with_values(hub, view, values), "response_urls": []}
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
        return dict(body.get("errors", {}))
    if action == "update":
        change_view(hub, view, check_view(body.get("view")))
    elif action == "push":
        add_view(hub, view.user, check_view(body.get("view")), view)
    else:
        _close(hub, view, whole=action == "clear")
    return {}


def _close(hub: Hub, view: View, *, whole: bool) -> None:
    for other in hub.world.views.values():
        if other is view or (whole and other.root_id == view.root_id):
            other.open = False
    hub.world.touch()


async def close(hub: Hub, user: str, view_id: str | None) -> Json:
    """Close a modal; view_closed is sent if it asked for it."""
    view = _seen(hub, user, view_id)
    _close(hub, view, whole=False)
    if not view.body.get("notify_on_close"):
        return {"status": "closed"}
    payload = interaction(hub, "view_closed", person(hub, user))
    payload |= {"view": _with_values(hub, view, {}), "is_cleared": False}
    return outcome(await hub.courier.deliver(INTERACTIVE, payload))


async def click_in_view(hub: Hub, asked: Click, view_id: str | None) -> Json:
    """Click an element of a modal or App Home, given by its action_id.

    Raises:
        ControlError: there is no such view or element.
    """
    view = _seen(hub, asked.user, view_id)
    for block, element in elements_of(view.body.get("blocks", [])):
        if element.get("action_id") == asked.action_id:
            payload = interaction(hub, "block_actions", person(hub, asked.user))
            shape = _with_values(hub, view, {})
            payload |= {
                "container": {"type": "view", "view_id": view.id},
                "view": shape,
                "actions": [action_of(hub, block, element, asked.value)],
            }
            return outcome(await hub.courier.deliver(INTERACTIVE, payload))
    raise ControlError(f"there is no element {asked.action_id!r} in the view")
