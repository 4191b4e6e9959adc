"""The HTTP face.

Slack's requests behind the strict look, and the health pages, served in both modes.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.ports import Clock
from bot.slack.metrics import CONTENT_TYPE, Metrics
from bot.slack.precheck import MAX_BODY_BYTES, Seal, is_genuine
from bot.slack.readiness import Readiness

READY_TIMEOUT_SECONDS = 2.5
BODY_TIMEOUT_SECONDS = 3.0
"""For a whole body: Slack sends it at once, and waits no longer itself."""

Lifespan = Callable[[], contextlib.AbstractAsyncContextManager[None]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Web:
    """The parts behind the pages; `signing_secret` is None in Socket Mode.

    Then no Slack request is taken over HTTP.
    """

    app: AsyncApp
    signing_secret: str | None
    clock: Clock
    metrics: Metrics
    readiness: Readiness

    async def events(self, request: Request) -> Response:
        """POST /slack/events: commands, events, interactivity."""
        if self.signing_secret is None:
            return JSONResponse({"error": "this bot uses Socket Mode"}, status_code=404)
        seal = Seal(
            timestamps=request.headers.getlist("x-slack-request-timestamp"),
            signatures=request.headers.getlist("x-slack-signature"),
        )
        if not seal.is_well_formed(self.clock.now()):
            return _refused(401)
        try:
            async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
                body = await _bounded_body(request)
        except (TimeoutError, ClientDisconnect):
            return _refused(408)
        if body is None:
            return _refused(413)
        if not is_genuine(seal, body, self.signing_secret, self.clock.now()):
            return _refused(401)
        return await self._dispatch(request, body)

    async def _dispatch(self, request: Request, body: bytes) -> Response:
        bolt_request = _understood(request, body)
        if bolt_request is None:
            return _refused(400)
        return to_starlette_response(await self.app.async_dispatch(bolt_request))

    async def healthz(self, _request: Request) -> Response:
        """GET /healthz: this process is alive."""
        return JSONResponse({"ok": True})

    async def readyz(self, _request: Request) -> Response:
        """GET /readyz: 200, or 503 with the parts that are missing; warnings in both cases."""
        slack = self.readiness.slack()
        try:
            look = asyncio.to_thread(lambda: (self.readiness.others(), self.readiness.warnings()))
            others, warnings = await asyncio.wait_for(look, READY_TIMEOUT_SECONDS)
        except TimeoutError:
            others, warnings = ["redis: no answer"], []
        problems = [*slack, *others]
        content = {"ok": not problems, "problems": problems, "warnings": warnings}
        return JSONResponse(content, status_code=503 if problems else 200)

    async def prometheus(self, _request: Request) -> Response:
        """GET /metrics."""
        return Response(await asyncio.to_thread(self.metrics.exposition), media_type=CONTENT_TYPE)

    def asgi(self, running: Lifespan) -> Starlette:
        """Return the ASGI application; `running` is entered while it serves (background tasks)."""

        @contextlib.asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            async with running():
                yield

        routes = [
            Route("/slack/events", self.events, methods=["POST"]),
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
            Route("/metrics", self.prometheus),
        ]
        return Starlette(routes=routes, lifespan=lifespan)


def _refused(status: int) -> Response:
    """Refuse without a word, and hang up: the rest of a body is not read."""
    return Response(status_code=status, headers={"connection": "close"})


async def _bounded_body(request: Request) -> bytes | None:
    """Read the body up to the cap; None when it is longer, or says that it will be.

    Raises:
        ClientDisconnect: it was not sent to its end.
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > MAX_BODY_BYTES:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:  # chunked: nothing was declared
            return None
        parts.append(part)
    return b"".join(parts)


def _understood(request: Request, body: bytes) -> AsyncBoltRequest | None:
    """Return Bolt's request; None for what is rightly signed, yet no payload of Slack's.

    Bolt reads ids out of it before any handler of ours is asked, and raises whatever comes up.
    """
    try:
        return to_async_bolt_request(request, body)
    except Exception as error:  # noqa: BLE001  UnicodeDecodeError, JSONDecodeError, AttributeError …
        _log.warning("a signed request was not understood: %s", type(error).__name__)
        return None
