"""A Bolt app to try the workspace with, served over HTTP or connected over Socket Mode."""

import asyncio
import re
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from playground.workspace import LocalWorkspace

BUTTONS: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*web* is paused"}},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "resume",
                "text": {"type": "plain_text", "text": "Resume"},
                "value": "r1",
            },
            {
                "type": "button",
                "action_id": "abort",
                "text": {"type": "plain_text", "text": "Abort"},
                "value": "r1",
                "confirm": {
                    "title": {"type": "plain_text", "text": "Sure?"},
                    "text": {"type": "plain_text", "text": "It stops here."},
                },
            },
        ],
    },
]


METADATA = {"event_type": "waggle_rollout", "event_payload": {"state": "progressing"}}


class Heard:
    """What the app under test was told; it may be slow on purpose."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []
        self.mentions: list[dict[str, Any]] = []
        self.clicks: list[dict[str, Any]] = []
        self.forms: list[dict[str, Any]] = []
        self.queries: list[dict[str, Any]] = []
        self.shortcuts: list[dict[str, Any]] = []
        self.form_ack: dict[str, Any] = {}
        self.options: list[dict[str, Any]] = []
        self.delay = 0.0


def an_app(workspace: LocalWorkspace, heard: Heard) -> AsyncApp:
    app = AsyncApp(
        client=AsyncWebClient(token=workspace.settings.bot_token, base_url=workspace.api_url),
        signing_secret=workspace.settings.signing_secret,
        process_before_response=True,
    )

    @app.command("/swarm")
    async def on_command(ack: Any, command: dict[str, Any], respond: Any) -> None:
        heard.commands.append(command)
        await asyncio.sleep(heard.delay)
        if command["text"] == "later":
            await respond(text="an answer later")
        if command["text"] == "buttons":
            await ack(text="choose", blocks=BUTTONS, response_type="ephemeral")
        elif command["text"] == "silent":
            await ack()
        else:
            kind = "in_channel" if command["text"] == "public" else "ephemeral"
            await ack(text=f"heard {command['text']}", response_type=kind)

    @app.event("app_mention")
    async def on_mention(event: dict[str, Any], say: Any) -> None:
        heard.mentions.append(event)
        await say(text="here", thread_ts=event.get("thread_ts") or event["ts"])

    @app.action("resume")
    async def on_resume(ack: Any, body: dict[str, Any], respond: Any) -> None:
        heard.clicks.append(body)
        await respond(text="resumed", replace_original=True)
        await ack()

    @app.action("abort")
    async def on_abort(ack: Any, body: dict[str, Any]) -> None:
        heard.clicks.append(body)
        await ack()

    _with_forms(app, heard)
    return app


def _with_forms(app: AsyncApp, heard: Heard) -> None:
    @app.view("form")
    async def on_form(ack: Any, body: dict[str, Any]) -> None:
        heard.forms.append(body)
        await ack(**heard.form_ack)

    @app.options("tag")
    async def on_query(ack: Any, body: dict[str, Any]) -> None:
        heard.queries.append(body)
        await ack(options=heard.options)

    @app.shortcut(re.compile(".*"))
    async def on_shortcut(ack: Any, body: dict[str, Any]) -> None:
        heard.shortcuts.append(body)
        await ack()


@contextmanager
def in_a_thread(
    main: Callable[[asyncio.Event, threading.Event], Awaitable[None]],
) -> Iterator[None]:
    """Run `main(stop, ready)` in a loop of its own, so that tests may block."""
    ready, loops = threading.Event(), []
    stop = asyncio.Event()

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        await main(stop, ready)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(15)
        assert not thread.is_alive()


@contextmanager
def over_http(workspace: LocalWorkspace, heard: Heard) -> Iterator[None]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    workspace.client.configure(app_url=f"http://127.0.0.1:{port}/slack/events")

    async def main(stop: asyncio.Event, ready: threading.Event) -> None:
        handler = AsyncSlackRequestHandler(an_app(workspace, heard))

        async def endpoint(request: Request) -> Response:
            return await handler.handle(request)

        web = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(web, log_level="warning", ws="none"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers a flag, no event
            await asyncio.sleep(0.01)
        ready.set()
        await stop.wait()
        server.should_exit = True
        await serving

    with in_a_thread(main):
        yield
    listener.close()


@contextmanager
def over_socket(workspace: LocalWorkspace, heard: Heard) -> Iterator[None]:
    async def main(stop: asyncio.Event, ready: threading.Event) -> None:
        handler = AsyncSocketModeHandler(
            an_app(workspace, heard),
            workspace.settings.app_token,
            web_client=AsyncWebClient(base_url=workspace.api_url),
            ping_interval=0.2,
        )
        await handler.connect_async()
        ready.set()
        await stop.wait()
        await handler.close_async()

    with in_a_thread(main):
        yield
