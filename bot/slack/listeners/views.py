"""Submitted modals."""

import re

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack import payload
from bot.slack.form_payload import is_form
from bot.slack.front import Front
from bot.slack.identity import Identity
from bot.slack.views import REASON


def register(app: AsyncApp, front: Front, _identity: Identity) -> None:
    """Listen to every modal; what speaks against a submission is said in the modal itself."""

    @app.view(re.compile(".*"))
    async def submitted(ack: AsyncAck, body: payload.Body) -> None:
        if is_form(body):
            await ack(**await front.form(body))
            return
        problem = await front.modal(payload.submitted(body, "reject"))
        await (ack(response_action="errors", errors={REASON: problem}) if problem else ack())
