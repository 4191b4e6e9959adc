"""Serves a workspace, in this thread's loop or in a thread of its own."""

import asyncio
import json
import threading
from typing import Self

from aiohttp import web

from playground.workspace.api.endpoint import Api, hang_up, trouble, unavailable
from playground.workspace.arguments import Arguments
from playground.workspace.client import WorkspaceClient
from playground.workspace.control.endpoint import Control
from playground.workspace.errors import SlackError
from playground.workspace.faults import DOWN_REFUSE
from playground.workspace.hub import Hub
from playground.workspace.settings import Settings
from playground.workspace.sockets import TICKET_PATH

BODY_MAX = 64 * 1024 * 1024
LINK = "response_url"  # the name under which troubles hit response URLs


class Front:
    """Everything outside /api and /control: uploads, files, response URLs, the WebSocket."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Take the bytes of an announced file, raw or as a form's first field."""
        broken = await trouble(self._hub, "upload", request)
        if broken is not None:
            return broken
        key = request.match_info["key"]
        stored = next((f for f in self._hub.world.files.values() if f.upload_key == key), None)
        if stored is None:
            return web.Response(status=404, text="unknown upload")
        stored.content = await _upload_bytes(request)
        return web.Response(text=f"OK - {len(stored.content)}")

    async def download(self, request: web.Request) -> web.Response:
        """Return a file's content."""
        stored = self._hub.world.files.get(request.match_info["file_id"])
        if stored is None or stored.content is None:
            return web.Response(status=404)
        return web.Response(body=stored.content)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Carry out a post to a response_url."""
        broken = await trouble(self._hub, LINK, request)
        if broken is not None:
            return broken
        try:
            body = json.loads(await request.read())
            message = self._hub.links.use(request.match_info["key"], Arguments(body))
        except SlackError as error:
            self._hub.note_call(LINK, error.code)
            status = 404 if error.code.endswith("_url") else 400
            return web.json_response(error.wire(), status=status)
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        place = (message.channel, message.ts) if message else ("", "")
        lost = self._hub.faults.take(LINK, "lose_reply") is not None
        self._hub.note_call(LINK, "lost_reply" if lost else "ok", *place)
        if lost:
            return hang_up(request)
        return web.Response(text="ok")

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Open a Socket Mode connection, unless Slack is down."""
        if self._hub.faults.down is not None:
            refuse = self._hub.faults.down == DOWN_REFUSE
            return hang_up(request) if refuse else unavailable(503)
        return await self._hub.sockets.serve(request)


async def _upload_bytes(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for field in (await request.post()).values():
        if isinstance(field, web.FileField):
            return field.file.read()
    return b""


def build_app(hub: Hub) -> web.Application:
    """Return the routes of one workspace."""
    api, front, control = Api(hub), Front(hub), Control(hub)
    app = web.Application(client_max_size=BODY_MAX)
    app.router.add_route("*", "/api/{method}", api.serve)
    app.router.add_post("/upload/v1/{key}", front.upload)
    app.router.add_get("/files/{file_id}", front.download)
    app.router.add_post("/{kind:commands|actions}/{team}/{key}", front.respond)
    app.router.add_get(TICKET_PATH, front.connect)
    app.router.add_post("/control/{verb}", control.serve)
    return app


class Served:
    """A workspace that listens: `async with Served(settings) as hub`."""

    def __init__(self, settings: Settings) -> None:
        self.hub = Hub(settings)
        self._runner = web.AppRunner(build_app(self.hub), access_log=None, shutdown_timeout=1.0)

    async def start(self) -> Hub:
        """Bind to the settings' address; port 0 means a free one."""
        await self._runner.setup()
        where = self.hub.settings
        site = web.TCPSite(self._runner, where.host, where.port)
        await site.start()
        self.hub.located(f"http://{where.host}:{self._runner.addresses[0][1]}")
        return self.hub

    async def stop(self) -> None:
        """Close everything."""
        await self.hub.close()
        await self._runner.cleanup()


class LocalWorkspace:
    """A workspace in a thread of its own, for tests and the demo.

    >>> with LocalWorkspace() as workspace:  # doctest: +SKIP
    ...     workspace.client.type("ann", "#ops", "/swarm ls")

    Attributes:
        settings: Tokens and signing secret to give to the app.
        client: Acts in the workspace and reads it; from any thread; another process makes its own.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.client = WorkspaceClient("")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="workspace", daemon=True)

    @property
    def url(self) -> str:
        """Where it is served, such as `http://127.0.0.1:40123`."""
        return self.client.url

    @property
    def api_url(self) -> str:
        """The `base_url` for slack_sdk's clients, with its slash at the end."""
        return f"{self.client.url}/api/"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point an app here; which ones depends on `settings.app_url`.

        With a request URL there is a signing secret, without one an app token (Socket Mode).
        """
        common = {"SLACK_API_URL": self.api_url, "SLACK_BOT_TOKEN": self.settings.bot_token}
        if self.settings.app_url is None:
            return common | {"SLACK_APP_TOKEN": self.settings.app_token}
        return common | {"SLACK_SIGNING_SECRET": self.settings.signing_secret}

    def start(self) -> Self:
        """Serve in the background until `stop`.

        Raises:
            OSError: the port is taken.
        """
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def stop(self) -> None:
        """End it and wait for its thread."""
        self.client.close()
        if self._thread.is_alive() and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        served = Served(self.settings)
        try:
            hub = await served.start()
        except OSError as error:
            self._failure = error
            self._ready.set()
            return
        self.client.url = hub.base_url
        self._ready.set()
        await self._stopping.wait()
        await served.stop()
