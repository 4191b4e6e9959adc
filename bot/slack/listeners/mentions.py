"""Mentions: the way to type in a thread, where Slack allows no slash command."""

from slack_bolt.async_app import AsyncApp

from bot.slack import payload
from bot.slack.front import Front
from bot.slack.identity import Identity


def register(app: AsyncApp, front: Front, identity: Identity) -> None:
    """Listen to `@waggle …`."""

    @app.event("app_mention")
    async def mentioned(body: payload.Body) -> None:
        if typed := payload.mentioned(body, identity.bot_user):
            await front.mention(typed)
