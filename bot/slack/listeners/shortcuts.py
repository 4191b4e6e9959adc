"""Shortcuts: the global one, and those of messages."""

import re

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack import payload
from bot.slack.front import Front
from bot.slack.identity import Identity


def register(app: AsyncApp, front: Front, identity: Identity) -> None:
    """Listen to every shortcut; what speaks against one is said to the person."""

    @app.shortcut(re.compile(".*"))
    async def used(ack: AsyncAck, body: payload.Body) -> None:
        await front.shortcut(payload.used(body, identity.own), payload.trigger_of(body))
        await ack()
