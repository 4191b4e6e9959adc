"""The floor: a bare Bolt AsyncApp under uvicorn, whose one handler enqueues one RQ job.

No parsing, no rules, no record, no audit entry, no repeated deliveries. It is what one would write
in an afternoon. `python -m bench.bare_app PORT` with SIGNING_SECRET, SLACK_API_URL and REDIS_URL.
"""

import os
import sys
from typing import Any

import uvicorn
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.slack.server import listen

QUEUE = "bare"


def build(secret: str, api_url: str, redis: Redis) -> Starlette:
    """Return the application."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T0WAGGLE", bot_token="xoxb-bare")

    client = AsyncWebClient(token="xoxb-bare", base_url=api_url)
    app = AsyncApp(
        client=client, signing_secret=secret, process_before_response=True, authorize=authorize
    )
    queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)

    @app.command("/swarm")
    async def typed(ack: AsyncAck, body: dict[str, Any]) -> None:
        # in the loop, as one would write it
        queue.enqueue("bare.job", body["text"])
        await ack(text="Understood", response_type="ephemeral")

    handler = AsyncSlackRequestHandler(app)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    return Starlette(
        routes=[Route("/slack/events", events, methods=["POST"]), Route("/healthz", healthz)]
    )


def main() -> None:
    """Serve until SIGTERM, on a socket made as Waggle's is: with TCP_NODELAY on its connections."""
    redis = Redis.from_url(os.environ["REDIS_URL"])
    web = build(os.environ["SIGNING_SECRET"], os.environ["SLACK_API_URL"], redis)
    config = uvicorn.Config(web, log_config=None, access_log=False, ws="none")
    uvicorn.Server(config).run(sockets=[listen("127.0.0.1", int(sys.argv[1]))])


if __name__ == "__main__":
    main()
