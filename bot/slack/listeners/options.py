"""What menus offer while somebody types into them."""

import re

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack import payload
from bot.slack.front import Front
from bot.slack.identity import Identity


def register(app: AsyncApp, front: Front, _identity: Identity) -> None:
    """Listen to every menu that asks for its options."""

    @app.options(re.compile(".*"))
    async def offered(ack: AsyncAck, body: payload.Body) -> None:
        await ack(options=await front.offered(body))
