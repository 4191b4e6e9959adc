"""Who we are, as Slack says it.

Learned by auth.test in the background, never at import and never in a listener.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Clock

FRESH_FOR = timedelta(seconds=45)
AGAIN_SECONDS = 10.0
_FIRST_RETRY_SECONDS = 1.0

_ONLY_NOW = frozenset(
    {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
"""Slack's words for its own troubles (docs, auth.test); any other word is about our token."""

_log = logging.getLogger(__name__)


class Identity:
    """The bot's team and user; unknown until the first auth.test has succeeded.

    Slack being away at start is no reason to crash: we keep asking, a second after the first
    failure and at the latest after ten.

    Attributes:
        confirmed_at: when Slack last confirmed the token; /readyz holds only while that is fresh.
            None again as soon as Slack says that the token is not good.
        problem: why the last try failed, in a word; empty when it did not.
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
        except Exception as error:  # noqa: BLE001  the SDK's and aiohttp's errors share no root
            self._failed(error)
            return
        self.team = str(answer["team_id"])
        self.bot_user = str(answer["user_id"])
        self.bot_id = str(answer.get("bot_id") or "")
        if self.problem:
            _log.info("Slack confirmed the token: team %s, bot %s", self.team, self.bot_user)
        self.confirmed_at = self._clock.now()
        self.problem = ""

    def _failed(self, error: Exception) -> None:
        said, is_about_us = _in_a_word(error)
        if is_about_us:
            self.confirmed_at = None
        if said != self.problem:  # once, not every second of an outage
            _log.warning("auth.test failed: %s", said)
        self.problem = said

    async def keep_asking(self) -> None:
        """Ask for ever; cancelled at shutdown."""
        retry = _FIRST_RETRY_SECONDS
        while True:
            await self.ask()
            await asyncio.sleep(retry if self.problem else AGAIN_SECONDS)
            retry = min(retry * 2, AGAIN_SECONDS) if self.problem else _FIRST_RETRY_SECONDS

    @property
    def own(self) -> frozenset[str]:
        """The ids by which Slack knows us as an author; none while we are unknown."""
        return frozenset({self.bot_user, self.bot_id} - {""})

    def is_fresh(self) -> bool:
        """Return whether Slack confirmed the token lately."""
        return self.confirmed_at is not None and self._clock.now() - self.confirmed_at <= FRESH_FOR

    def authorize(self) -> AuthorizeResult:
        """Return Bolt's idea of our one workspace, without a call to Slack.

        While it is unknown our own middleware refuses with an ack; Bolt would post to the
        response_url first, and Slack may be away.
        """
        return AuthorizeResult(
            enterprise_id=None,
            team_id=self.team,
            bot_token=self._client.token,
            bot_id=self.bot_id,
            bot_user_id=self.bot_user,
        )


def _in_a_word(error: Exception) -> tuple[str, bool]:
    """Return what went wrong, and whether Slack spoke about our token rather than about itself."""
    if not isinstance(error, SlackApiError):
        return type(error).__name__, False
    status = getattr(error.response, "status_code", 0)
    data = getattr(error.response, "data", None)
    word = data.get("error") if isinstance(data, dict) else None
    if not word:
        return f"HTTP {status}", False
    return str(word), status == 200 and word not in _ONLY_NOW  # noqa: PLR2004 - HTTP's OK
