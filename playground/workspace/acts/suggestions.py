"""A person opens or types into a menu whose options the app supplies (block_suggestion)."""

from playground.workspace.acts.clicks import elements_of, interaction
from playground.workspace.acts.modals import seen, shape_of
from playground.workspace.acts.present import outcome, person
from playground.workspace.blockkit import check_answer
from playground.workspace.courier import INTERACTIVE, OK
from playground.workspace.errors import ControlError, SlackError
from playground.workspace.hub import Hub
from playground.workspace.records import Json

MIN_QUERY = 3


async def suggest(hub: Hub, user: str, action_id: str, query: str, view_id: str | None) -> Json:
    """Ask the app for the options of an external menu in the topmost (or the named) modal.

    Returns:
        status, http_status, seconds, body, and `options`: (words, value) pairs; none when the
        query is shorter than the menu's `min_query_length`, for then nobody is asked.

    Raises:
        ControlError: the person sees no such menu.
    """
    view = seen(hub, user, view_id)
    for block, element in elements_of(view.body.get("blocks", [])):
        if element.get("action_id") != action_id or element["type"] != "external_select":
            continue
        if len(query) < element.get("min_query_length", MIN_QUERY):
            return {"status": "too_short", "options": []}
        payload = interaction(hub, "block_suggestion", person(hub, user))
        del payload["trigger_id"]  # nothing can be opened from there
        payload |= {
            "container": {"type": "view", "view_id": view.id},
            "view": shape_of(hub, view, {}),
            "action_id": action_id,
            "block_id": block.get("block_id", ""),
            "value": query,
        }
        answer = await hub.courier.deliver(INTERACTIVE, payload)
        if answer.status != OK:
            return outcome(answer, options=[])
        try:
            view.offered[action_id] = check_answer(answer.body)
        except SlackError as error:
            return outcome(answer, options=[], errors=error.messages)
        pairs = [[option["text"]["text"], option["value"]] for option in view.offered[action_id]]
        return outcome(answer, options=pairs)
    raise ControlError(f"there is no external menu {action_id!r} in the view")
