"""The Web API methods by which Waggle speaks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.message import Content


class SlackError(Exception):
    """Root of what the writer raises.

    SlackRefusedError, SlackRateLimitedError, SlackUnavailableError, SlackUnknownOutcomeError.
    """


class SlackRefusedError(SlackError):
    """Slack answered `ok: false` (`code`, for instance `not_in_channel`): nothing was posted.

    Asking again will not help.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


class SlackRateLimitedError(SlackError):
    """429: nothing was posted; `retry_after` says when to come back.

    Attributes:
        method: that was limited, empty where Slack does not say: one use of this port may call
            several.
    """

    def __init__(self, retry_after: timedelta, method: str = "") -> None:
        super().__init__(f"rate limited for {retry_after.total_seconds():.0f}s")
        self.retry_after = retry_after
        self.method = method


class SlackUnavailableError(SlackError):
    """The connection was refused, or a 5xx that surely changed nothing: try again later."""


class SlackUnknownOutcomeError(SlackError):
    """The request went out and no answer came: it may have been posted.

    Look it up before posting again.
    """


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a call goes: a channel, maybe a thread in it, maybe shown to one user only."""

    channel: str
    thread_ts: str | None = None
    broadcast: bool = False
    user: str | None = None


class SlackWriter(Protocol):
    """The Web API methods that Waggle uses to speak. Every one may raise any SlackError.

    None retries by itself.
    """

    def post(self, where: Destination, content: Content, *, message_id: str) -> str:
        """chat.postMessage; `message_id` goes into the metadata's payload. Returns the `ts`."""
        ...

    def update(self, channel: str, ts: str, content: Content) -> None:
        """chat.update with text, blocks and metadata."""
        ...

    def post_ephemeral(self, where: Destination, content: Content) -> None:
        """chat.postEphemeral to `where.user`."""
        ...

    def respond(self, response_url: str, content: Content, *, replace: bool = False) -> None:
        """POST to a response_url, ephemeral; `replace` the message that was clicked on.

        Only to hooks.slack.com or the API's own host, else SlackRefusedError('bad_response_url').
        """
        ...

    def open_dm(self, user: str) -> str:
        """conversations.open; returns the channel id."""
        ...

    def upload(self, where: Destination, content: Content) -> None:
        """Send `content.file_text` as a file (files_upload_v2's three steps).

        `content.text` as its comment.
        """
        ...

    def permalink(self, channel: str, ts: str) -> str:
        """chat.getPermalink; returns the address of a message, for people to click."""
        ...

    def find(self, where: Destination, message_id: str, since: datetime) -> str | None:
        """Look for our own message by its metadata in the channel's (or thread's) history.

        Return its `ts` or None.
        """
        ...
