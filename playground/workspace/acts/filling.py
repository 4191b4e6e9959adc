"""What a person typed and chose in a modal, and what Slack's own client does not let through."""

from typing import Any

from playground.workspace.acts.clicks import action_of, elements_of
from playground.workspace.blockkit.elements import is_number
from playground.workspace.errors import ControlError
from playground.workspace.hub import Hub
from playground.workspace.records import Json, View

REQUIRED = "Please complete this required field."
_STATELESS = ("button", "workflow_button", "overflow", "image")


def filled(hub: Hub, view: View, values: dict[str, Any]) -> Json:
    """Return `state.values`: what was typed, by action_id, else what stood there.

    Raises:
        ControlError: a menu has no such option, or there is no such element.
    """
    state: Json = {}
    known = set()
    for block, element in elements_of(view.body.get("blocks", [])):
        name = str(element.get("action_id"))
        known.add(name)
        if element["type"] not in _STATELESS:
            entry = _entry(hub, view, (block, element), values)
            state.setdefault(str(block.get("block_id")), {})[name] = entry
    if unknown := set(values) - known:
        raise ControlError(f"no element {sorted(unknown)} in the view, only: {sorted(known)}")
    return state


def _entry(hub: Hub, view: View, where: tuple[Json, Json], values: dict[str, Any]) -> Json:
    block, element = where
    kind, name = element["type"], str(element.get("action_id"))
    if kind in ("static_select", "radio_buttons"):
        if name not in values:
            return {"type": kind, "selected_option": element.get("initial_option")}
        action = action_of(hub, block, element, values[name])
        return {"type": kind, "selected_option": action["selected_option"]}
    if kind == "external_select":
        return {"type": kind, "selected_option": _offered(view, element, values)}
    if kind == "conversations_select":
        chosen = values.get(name, element.get("initial_conversation"))
        channel = hub.world.channel_named(str(chosen)) if chosen else None
        if chosen and channel is None:
            raise ControlError(f"there is no channel {chosen!r}")
        return {"type": kind, "selected_conversation": channel.id if channel else None}
    typed = values.get(name, element.get("initial_value"))
    return {"type": kind, "value": None if typed in (None, "") else str(typed)}


def _offered(view: View, element: Json, values: dict[str, Any]) -> Json | None:
    """Return the chosen option of an external menu: only what the app has offered can be."""
    name, standing = str(element.get("action_id")), element.get("initial_option")
    if name not in values:
        return standing
    options = [*view.offered.get(name, []), *([standing] if standing else [])]
    for option in options:
        if values[name] in (option["value"], option["text"]["text"]):
            return dict(option)
    raise ControlError(f"{name} was not offered {values[name]!r}, only: {options}")


def refused_by_client(view: View, state: Json) -> Json:
    """Return block_id → what the client says of an input; nothing is sent then."""
    wrong: Json = {}
    for block in view.body.get("blocks", []):
        if block.get("type") != "input":
            continue
        element, name = block["element"], str(block.get("block_id"))
        entry = state[name][str(element.get("action_id"))]
        given = next((v for k, v in entry.items() if k != "type"), None)
        if given is None:
            if not block.get("optional"):
                wrong[name] = REQUIRED
        elif text := _too_odd(element, given):
            wrong[name] = text
    return wrong


def _too_odd(element: Json, given: Any) -> str:
    if element["type"] == "number_input":
        if not is_number(given, decimal=element["is_decimal_allowed"]):
            return "Please enter a number."
        number = float(given)
        least, most = element.get("min_value"), element.get("max_value")
        if least is not None and number < float(least):
            return f"Must be at least {least}."
        if most is not None and number > float(most):
            return f"Must be at most {most}."
    if element["type"] == "plain_text_input":
        if len(given) > element.get("max_length", 3000):
            return "Too long."
        if len(given) < element.get("min_length", 0):
            return "Too short."
    return ""
