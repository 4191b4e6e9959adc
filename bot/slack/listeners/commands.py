"""Slash commands."""

import re

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack import payload
from bot.slack.front import Front
from bot.slack.identity import Identity


def register(app: AsyncApp, front: Front, _identity: Identity) -> None:
    """Listen to every command that Slack sends us: its name is a setting of the Slack app."""

    @app.command(re.compile(".*"))
    async def typed(ack: AsyncAck, body: payload.Body) -> None:
        answer = await front.command(payload.typed_command(body), payload.trigger_of(body))
        await (ack(text=answer, response_type="ephemeral") if answer else ack())
