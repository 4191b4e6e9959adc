"""The modals: plain dicts, and what opens them within Slack's three seconds."""

import asyncio
import logging
from typing import Any, Protocol

from aiohttp import ClientError
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.grammar.build import LONGEST_REASON

REJECT = "waggle.reject"
REASON = "reason"
OPEN_WITHIN_SECONDS = 1.5
"""A trigger lives three seconds from the click, and the ack must come in the same three."""

UPDATE_WITHIN_SECONDS = 5.0
"""No trigger runs out for this."""

_log = logging.getLogger(__name__)


class Opener(Protocol):
    """Opens a modal."""

    async def __call__(self, trigger: str, view: dict[str, Any]) -> bool:
        """Return whether it is open."""
        ...


class Updater(Protocol):
    """Changes a modal that is open."""

    async def __call__(self, view: dict[str, Any], *, name: str = "", view_id: str = "") -> bool:
        """Return whether it was found, by the name that we gave it (external_id) or by its id."""
        ...


def reject_view(approval: str) -> dict[str, Any]:
    """Return the modal that asks why not; it carries the id alone: all else is in the store."""
    return {
        "type": "modal",
        "callback_id": REJECT,
        "private_metadata": approval,
        "title": {"type": "plain_text", "text": "Reject"},
        "submit": {"type": "plain_text", "text": "Reject"},
        "close": {"type": "plain_text", "text": "Leave it"},
        "blocks": [
            {
                "type": "input",
                "block_id": REASON,
                "label": {"type": "plain_text", "text": f"Why not? ({approval})"},
                "hint": {"type": "plain_text", "text": "It stands in the message, for all to read"},
                "element": {
                    "type": "plain_text_input",
                    "action_id": REASON,
                    "multiline": True,
                    "min_length": 1,
                    "max_length": LONGEST_REASON,
                },
            }
        ],
    }


def opener(client: AsyncWebClient) -> Opener:
    """Return what opens modals by Slack's views.open."""

    async def open_view(trigger: str, view: dict[str, Any]) -> bool:
        try:
            await asyncio.wait_for(
                client.views_open(trigger_id=trigger, view=view), OPEN_WITHIN_SECONDS
            )
        except (SlackClientError, ClientError, OSError, TimeoutError) as error:
            _log.warning("a modal could not be opened: %s", type(error).__name__)
            return False
        return True

    return open_view


def updater(client: AsyncWebClient) -> Updater:
    """Return what changes modals by Slack's views.update."""

    async def update_view(view: dict[str, Any], *, name: str = "", view_id: str = "") -> bool:
        found = {"view_id": view_id} if view_id else {"external_id": name}
        try:
            await asyncio.wait_for(client.views_update(view=view, **found), UPDATE_WITHIN_SECONDS)
        except (SlackClientError, ClientError, OSError, TimeoutError) as error:
            _log.info("a modal was not changed: %s", type(error).__name__)
            return False
        return True

    return update_view
