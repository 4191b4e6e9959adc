"""The HTTP face.

Slack's requests behind the strict look, and the health pages, served in both modes.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.ports import Clock
from bot.slack.metrics import CONTENT_TYPE, Metrics
from bot.slack.precheck import MAX_BODY_BYTES, Signed, is_genuine
from bot.slack.readiness import Readiness

READY_TIMEOUT_SECONDS = 3.0

Lifespan = Callable[[], contextlib.AbstractAsyncContextManager[None]]


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
        body = await _bounded_body(request)
        if body is None:
            return Response(status_code=413)
        signed = Signed(
            timestamps=request.headers.getlist("x-slack-request-timestamp"),
            signatures=request.headers.getlist("x-slack-signature"),
            body=body,
        )
        if not is_genuine(signed, self.signing_secret, self.clock.now()):
            return Response(status_code=401)
        return to_starlette_response(
            await self.app.async_dispatch(to_async_bolt_request(request, body))
        )

    async def healthz(self, _request: Request) -> Response:
        """GET /healthz: this process is alive."""
        return JSONResponse({"ok": True})

    async def readyz(self, _request: Request) -> Response:
        """GET /readyz: 200, or 503 with the parts that are missing."""
        try:
            look = asyncio.to_thread(self.readiness.look)
            health = await asyncio.wait_for(look, READY_TIMEOUT_SECONDS)
        except TimeoutError:
            return JSONResponse({"ok": False, "problems": ["redis: no answer"]}, status_code=503)
        status = 200 if health.ok else 503
        return JSONResponse(
            {"ok": health.ok, "problems": list(health.problems)}, status_code=status
        )

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


async def _bounded_body(request: Request) -> bytes | None:
    """Read the body up to the cap; None when it is longer (a declared length is not believed)."""
    parts, size = [], 0
    with contextlib.suppress(ClientDisconnect):
        async for part in request.stream():
            size += len(part)
            if size > MAX_BODY_BYTES:
                return None
            parts.append(part)
    return b"".join(parts)
