"""Who we are, as Slack says it.

Learned by auth.test in the background, never at import and never in a listener.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Clock

FRESH_FOR = timedelta(seconds=90)
_AGAIN = timedelta(seconds=30)
_FIRST_RETRY = timedelta(seconds=1)

_log = logging.getLogger(__name__)


class Identity:
    """The bot's team and user; unknown until the first auth.test has succeeded.

    `confirmed_at` says when Slack last confirmed the token: /readyz holds only while that is fresh.
    Slack being away at
    start is no reason to crash: we keep asking (every second, then every 30).
    """

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self.team = ""
        self.bot_user = ""
        self.bot_id = ""
        self.confirmed_at: datetime | None = None
        self.problem = "auth.test was not answered yet"

    async def ask(self) -> None:
        """Ask Slack once; remember the answer or the problem."""
        try:
            answer = await self._client.auth_test()
        except (SlackClientError, OSError, TimeoutError) as error:
            self.problem = _in_a_word(error)
            _log.warning("auth.test failed: %s", self.problem)
            return
        except Exception as error:  # noqa: BLE001  aiohttp's errors share no root with the SDK's
            self.problem = type(error).__name__
            _log.warning("auth.test failed: %s", self.problem)
            return
        self.team = str(answer["team_id"])
        self.bot_user = str(answer["user_id"])
        self.bot_id = str(answer.get("bot_id") or "")
        self.confirmed_at = self._clock.now()
        self.problem = ""

    async def keep_asking(self) -> None:
        """Ask for ever; cancelled at shutdown."""
        while True:
            await self.ask()
            wait = _FIRST_RETRY if self.problem else _AGAIN
            await asyncio.sleep(wait.total_seconds())

    def is_fresh(self) -> bool:
        """Return whether Slack confirmed the token lately."""
        return self.confirmed_at is not None and self._clock.now() - self.confirmed_at <= FRESH_FOR

    async def authorize(self) -> AuthorizeResult | None:
        """Bolt's `authorize`: our one workspace, without a call to Slack.

        None until it is known.
        """
        if not self.team:
            return None
        return AuthorizeResult(
            enterprise_id=None,
            team_id=self.team,
            bot_token=self._client.token,
            bot_id=self.bot_id,
            bot_user_id=self.bot_user,
        )


def _in_a_word(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        try:
            return str(response.get("error") or f"HTTP {response.status_code}")
        except (AttributeError, ValueError):
            return f"HTTP {getattr(response, 'status_code', '?')}"
    return type(error).__name__
