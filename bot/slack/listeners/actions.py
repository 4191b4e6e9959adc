"""Buttons."""

import re

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack import payload
from bot.slack.front import Front
from bot.slack.identity import Identity


def register(app: AsyncApp, front: Front, _identity: Identity) -> None:
    """Listen to every button; one that is not known is answered as such."""

    @app.action(re.compile(".*"))
    async def clicked(ack: AsyncAck, body: payload.Body) -> None:
        if payload.view_of(body):
            await front.button_in_view(body)
        else:
            await front.button(payload.clicked(body), payload.trigger_of(body))
        await ack()
