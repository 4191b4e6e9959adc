"""Brings commands, events and clicks to the app: signed HTTP or Socket Mode, three seconds each."""

import asyncio
import json
import secrets
import urllib.parse
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from playground.workspace.faults import Faults
from playground.workspace.records import Json
from playground.workspace.settings import Settings
from playground.workspace.signing import signed_headers
from playground.workspace.sockets import Sockets

COMMAND = "slash_commands"
EVENT = "events_api"
INTERACTIVE = "interactive"

OK = "ok"
TIMEOUT = "timeout"  # no answer within the deadline
FAILED = "failed"  # an answer other than 200
UNREACHABLE = "unreachable"  # no connection at all


@dataclass
class Answer:
    """What came back. `seconds` is how long it took."""

    status: str
    body: Any = None
    http_status: int | None = None
    seconds: float = 0.0
    no_retry: bool = False


@dataclass
class Delivery:
    """One request to the app, kept so that it can be sent again byte by byte."""

    number: int
    kind: str
    payload: Json
    at: float
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    envelope: Json | None = None
    answers: list[Answer] = field(default_factory=list)


class Courier:
    """Delivers; `log` keeps the last 500 deliveries."""

    def __init__(self, settings: Settings, faults: Faults, sockets: Sockets) -> None:
        self._settings = settings
        self._faults = faults
        self._sockets = sockets
        self._session: aiohttp.ClientSession | None = None
        self._count = 0
        self.log: deque[Delivery] = deque(maxlen=500)

    async def close(self) -> None:
        """Close the connections to the app."""
        if self._session is not None:
            await self._session.close()

    async def deliver(
        self, kind: str, payload: Json, retry: tuple[int, str] | None = None
    ) -> Answer:
        """Send a payload once (twice under the fault `repeat`) and return the first answer.

        Args:
            kind: COMMAND, EVENT or INTERACTIVE.
            payload: The command's fields, the event's envelope, or the interaction.
            retry: Number and reason when this repeats an unanswered event.
        """
        delivery = self._prepare(kind, payload, retry)
        self.log.append(delivery)
        answer = await self.send(delivery)
        if self._faults.repeats > 0:
            self._faults.repeats -= 1
            await self.send(delivery)
        return answer

    async def send(self, delivery: Delivery) -> Answer:
        """Send a delivery, for the first time or exactly as before."""
        began = asyncio.get_running_loop().time()
        if delivery.envelope is not None:
            answer = await self._over_socket(delivery.envelope)
        else:
            answer = await self._over_http(delivery)
        answer.seconds = asyncio.get_running_loop().time() - began
        delivery.answers.append(answer)
        return answer

    def _prepare(self, kind: str, payload: Json, retry: tuple[int, str] | None) -> Delivery:
        self._count += 1
        now = self._settings.clock()
        delivery = Delivery(self._count, kind, payload, now)
        if self._settings.app_url is None:
            delivery.envelope = _envelope(kind, payload, retry)
            return delivery
        delivery.body, content_type = _encode(kind, payload)
        delivery.headers = signed_headers(self._settings.signing_secret, delivery.body, now)
        delivery.headers["Content-Type"] = content_type
        delivery.headers["User-Agent"] = "Slackbot 1.0 (+https://api.slack.com/robots)"
        if retry is not None:
            delivery.headers["X-Slack-Retry-Num"] = str(retry[0])
            delivery.headers["X-Slack-Retry-Reason"] = retry[1]
        return delivery

    async def _over_socket(self, envelope: Json) -> Answer:
        waiting = self._sockets.expect(envelope["envelope_id"])
        if not await self._sockets.send(envelope):
            self._sockets.answers.pop(envelope["envelope_id"], None)
            return Answer(UNREACHABLE)
        try:
            async with asyncio.timeout(self._settings.ack_deadline):
                answer = await waiting
        except TimeoutError:
            self._sockets.answers.pop(envelope["envelope_id"], None)
            return Answer(TIMEOUT)
        return Answer(OK, answer.get("payload"))

    async def _over_http(self, delivery: Delivery) -> Answer:
        if self._session is None:
            # A connection each: the app closes an idle one after some seconds, maybe at the very
            # moment it would be used again, and nobody could tell whether the request arrived.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        limit = aiohttp.ClientTimeout(total=self._settings.ack_deadline)
        try:
            async with self._session.post(
                str(self._settings.app_url),
                data=delivery.body,
                headers=delivery.headers,
                timeout=limit,
                allow_redirects=False,
            ) as reply:
                return _answer(reply, await reply.read())
        except TimeoutError:
            return Answer(TIMEOUT)
        except aiohttp.ClientError:
            return Answer(UNREACHABLE)


def _answer(reply: aiohttp.ClientResponse, body: bytes) -> Answer:
    no_retry = reply.headers.get("X-Slack-No-Retry") == "1"
    status = OK if reply.status == 200 else FAILED
    return Answer(status, _decode(reply.content_type, body), reply.status, no_retry=no_retry)


def _decode(content_type: str, body: bytes) -> Any:
    text = body.decode(errors="replace")
    if content_type == "application/json" and text:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text or None


def _encode(kind: str, payload: Json) -> tuple[bytes, str]:
    if kind == EVENT:
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == COMMAND else {"payload": json.dumps(payload)}
    return urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded"


def _envelope(kind: str, payload: Json, retry: tuple[int, str] | None) -> Json:
    number, reason = retry or (0, "")
    envelope: Json = {
        "envelope_id": secrets.token_hex(16),
        "payload": payload,
        "type": kind,
        "accepts_response_payload": kind != EVENT,
    }
    if kind == EVENT:
        envelope |= {"retry_attempt": number, "retry_reason": reason}
    return envelope
