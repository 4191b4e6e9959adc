"""Submitted modals."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.rendering.forms import told_view
from bot.slack import payload
from bot.slack.form_payload import is_form
from bot.slack.front import Front
from bot.slack.identity import Identity
from bot.slack.views import REASON
from bot.usecases.propose import Ack, AckKind


def register(app: AsyncApp, front: Front, _identity: Identity) -> None:
    """Listen to every modal; what is to be said is said in the modal itself."""

    @app.view(re.compile(".*"))
    async def submitted(ack: AsyncAck, body: payload.Body) -> None:
        if is_form(body):
            await ack(**await front.form(body))
            return
        await ack(**_shown(await front.modal(payload.submitted(body, "reject"))))


def _shown(said: Ack) -> dict[str, Any]:
    """Return the ack of a submission: what was taken closes the modal, or is said in its place."""
    if not said.text:
        return {}
    if said.kind in {AckKind.ACCEPTED, AckKind.REPEATED}:
        return {"response_action": "update", "view": told_view(said.text)}
    return {"response_action": "errors", "errors": {REASON: said.text}}
