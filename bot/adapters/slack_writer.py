"""Slack's Web API, to speak: the single point where anything leaves for Slack."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from bot.adapters.slack_errors import of_status, translated
from bot.domain.jsontypes import JsonObject
from bot.domain.message import Content
from bot.ports import Destination, SlackRefusedError, SlackUnavailableError

ANSWER_WITHIN: Final = 5
"""Seconds for each step of a call (connect, TLS, answer). The outbox takes a claim that is older
for abandoned: an edit's soon, a post's when it is twice as old."""

_PLAIN_EVENT: Final = "waggle_message"
_PAGE: Final = 200
_PAGES: Final = 5


def slack_client(token: str, api_url: str) -> WebClient:
    """Return a client that asks once: retrying is the outbox's, which looks before it repeats."""
    return WebClient(token=token, base_url=api_url, timeout=ANSWER_WITHIN, retry_handlers=[])


class WebSlackWriter:
    """Implements `bot.ports.SlackWriter`. Every content passes `guard` (Slack's limits) first."""

    def __init__(self, client: WebClient, guard: Callable[[Content], Content]) -> None:
        self._client = client
        self._guard = guard
        self._api = urlsplit(client.base_url)
        self._own: tuple[str, str] | None = None

    def post(self, where: Destination, content: Content, *, message_id: str) -> str:
        """Post by chat.postMessage; `message_id` goes into the metadata's payload."""
        content = self._guard(content)
        with translated():
            answer = self._client.chat_postMessage(
                channel=where.channel,
                text=content.text,
                blocks=list(content.blocks) or None,
                metadata=_named(content.metadata, message_id),
                thread_ts=where.thread_ts,
                reply_broadcast=True if where.broadcast and where.thread_ts else None,
                unfurl_links=False,
                unfurl_media=False,
            )
        return str(answer["ts"])

    def update(self, channel: str, ts: str, content: Content) -> None:
        """Edit by chat.update; no blocks means: take those away that are there."""
        content = self._guard(content)
        with translated():
            self._client.chat_update(
                channel=channel,
                ts=ts,
                text=content.text,
                blocks=list(content.blocks),
                metadata=content.metadata,
            )

    def post_ephemeral(self, where: Destination, content: Content) -> None:
        """Show to `where.user` alone, by chat.postEphemeral."""
        content = self._guard(content)
        with translated():
            self._client.chat_postEphemeral(
                channel=where.channel,
                user=where.user or "",
                text=content.text,
                blocks=list(content.blocks) or None,
                thread_ts=where.thread_ts,
            )

    def respond(self, response_url: str, content: Content, *, replace: bool = False) -> None:
        """POST to a response_url, ephemeral; `replace` the message that was clicked on.

        The address came with a request: only Slack's hooks and the API's own host are called.
        """
        if not self._is_slack(response_url):
            raise SlackRefusedError("bad_response_url")
        content = self._guard(content)
        body: JsonObject = {
            "response_type": "ephemeral",
            "replace_original": replace,
            "text": content.text,
        }
        if content.blocks:
            body["blocks"] = list(content.blocks)
        hook = WebhookClient(response_url, timeout=ANSWER_WITHIN, retry_handlers=[])
        with translated():
            answer = hook.send_dict(body)
        error = of_status(answer.status_code, answer.headers, answer.body)
        if error is not None:
            raise error

    def open_dm(self, user: str) -> str:
        """Return the channel of the direct messages with a person, by conversations.open."""
        with translated():
            answer = self._client.conversations_open(users=[user])
        channel: Any = answer["channel"]
        return str(channel["id"])

    def upload(self, where: Destination, content: Content) -> None:
        """Send `content.file_text` as a file: announce it, send the bytes, share it.

        Only the last step shows anything; until then the outcome is known: nothing.
        """
        content = self._guard(content)
        data = (content.file_text or "").encode() or b"\n"  # Slack takes no empty file
        name = content.file_name or "answer.txt"
        with translated():
            announced = self._client.files_getUploadURLExternal(filename=name, length=len(data))
        self._send_bytes(str(announced["upload_url"]), data)
        with translated():
            self._client.files_completeUploadExternal(
                files=[{"id": announced["file_id"], "title": name}],
                channel_id=where.channel,
                thread_ts=where.thread_ts,
                initial_comment=content.text,
            )

    def permalink(self, channel: str, ts: str) -> str:
        """Return the address of a message, by chat.getPermalink (it needs no scope)."""
        with translated():
            answer = self._client.chat_getPermalink(channel=channel, message_ts=ts)
        return str(answer["permalink"])

    def find(self, where: Destination, message_id: str, since: datetime) -> str | None:
        """Look through the history, or the thread's replies, for our metadata on our own message.

        Any app in the channel can read our ids and post them in metadata of its own: taken for
        ours, such a message would stand in place of what we never got to say.
        """
        own = self._own_field()
        cursor = ""
        for _ in range(_PAGES):
            with translated():
                page = self._page(where, f"{since.timestamp():.6f}", cursor)
            for message in page.get("messages") or []:
                if _message_id(message) == message_id and message.get(own[0]) == own[1]:
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return None

    def _own_field(self) -> tuple[str, str]:
        """Return the field, and its value, by which Slack marks what this token posted."""
        if self._own is None:
            with translated():
                answer = self._client.auth_test()
            bot = answer.get("bot_id")
            self._own = ("bot_id", str(bot)) if bot else ("user", str(answer["user_id"]))
        return self._own

    def _page(self, where: Destination, oldest: str, cursor: str) -> Any:
        if where.thread_ts is None:
            return self._client.conversations_history(
                channel=where.channel,
                oldest=oldest,
                cursor=cursor or None,
                limit=_PAGE,
                include_all_metadata=True,
            )
        return self._client.conversations_replies(
            channel=where.channel,
            ts=where.thread_ts,
            oldest=oldest,
            cursor=cursor or None,
            limit=_PAGE,
            include_all_metadata=True,
        )

    def _send_bytes(self, url: str, data: bytes) -> None:
        try:
            answer = requests.post(url, data=data, timeout=ANSWER_WITHIN)
        except requests.RequestException as error:
            raise SlackUnavailableError("the file's bytes did not arrive") from error
        if not answer.ok:
            raise SlackUnavailableError(
                f"the file's bytes were not taken: HTTP {answer.status_code}"
            )

    def _is_slack(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            if parts.username is not None or parts.password is not None:
                return False
            port = parts.port
        except ValueError:
            return False
        if (parts.scheme, parts.hostname, port) == ("https", "hooks.slack.com", None):
            return True
        own = (self._api.scheme, self._api.hostname, self._api.port)
        return (parts.scheme, parts.hostname, port) == own


def _named(metadata: JsonObject | None, message_id: str) -> JsonObject:
    """Return the metadata with our own key in it: Slack has no idempotency key for a post."""
    known = metadata or {"event_type": _PLAIN_EVENT, "event_payload": {}}
    return known | {"event_payload": known.get("event_payload", {}) | {"message_id": message_id}}


def _message_id(message: JsonObject) -> Any:
    metadata = message.get("metadata") or {}
    return (metadata.get("event_payload") or {}).get("message_id")
