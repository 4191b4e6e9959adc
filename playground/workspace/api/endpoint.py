"""The front door of the Web API: troubles, token, scope, limit, then the method's handler."""

import asyncio

from aiohttp import web

from playground.workspace.api import auth, chat, conversations, files, people, views
from playground.workspace.api.method import APP, NOBODY, Method
from playground.workspace.arguments import Arguments, read_arguments
from playground.workspace.errors import SlackError
from playground.workspace.faults import DOWN_REFUSE
from playground.workspace.hub import Hub
from playground.workspace.records import Json

METHODS: dict[str, Method] = {
    method.name: method
    for family in (auth, chat, conversations, people, files, views)
    for method in family.METHODS
}


class Api:
    """Answers `/api/{method}`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, or break off as the troubles say."""
        name = request.match_info["method"]
        args, wrong = await _read(request)
        broken = await trouble(self._hub, name, request, _channel(args))
        if broken is not None:
            return broken
        if wrong is not None:
            return self._refused(name, wrong)
        return await self._answer(name, args, request)

    async def _answer(self, name: str, args: Arguments, request: web.Request) -> web.StreamResponse:
        channel = _channel(args)
        try:
            method = self._admit(name, args, request)
            wait = self._wait(method, channel)
            if wait is not None:
                self._hub.note_call(name, "ratelimited", channel)
                return too_many(wait)
            body: Json = {"ok": True, **method.handler(self._hub, args)}
        except SlackError as error:
            return self._refused(name, error, channel)
        lost = self._hub.faults.take(name, "lose_reply", channel=channel) is not None
        ts = str(body.get("ts", args.text("ts")))
        self._hub.note_call(name, "lost_reply" if lost else "ok", channel, ts)
        if lost:
            return hang_up(request)
        headers = {"X-OAuth-Scopes": ",".join(self._hub.settings.scopes)}
        return web.json_response(body, headers=headers)

    def _admit(self, name: str, args: Arguments, request: web.Request) -> Method:
        fault = self._hub.faults.take(name, "error", channel=_channel(args))
        if fault is not None:
            raise SlackError(fault.word)
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", extra={"req_method": name})
        if method.token != NOBODY:
            self._authorize(method, _token(args, request))
        return method

    def _authorize(self, method: Method, token: str) -> None:
        settings = self._hub.settings
        if not token:
            raise SlackError("not_authed")
        if token not in (settings.bot_token, settings.app_token):
            raise SlackError("invalid_auth")
        if (token == settings.app_token) != (method.token == APP):
            raise SlackError("not_allowed_token_type")
        wanted = method.scopes
        if method.token == APP or not wanted or set(wanted) & set(settings.scopes):
            return
        provided = ",".join(settings.scopes)
        raise SlackError("missing_scope", extra={"needed": wanted[0], "provided": provided})

    def _wait(self, method: Method, channel: str) -> int | None:
        if not self._hub.settings.rate_limits:
            return None
        if method.posts:
            found = self._hub.world.channel_named(channel)
            return self._hub.meter.take_post(found.id if found else channel)
        return self._hub.meter.take(method.name, method.per_minute)

    def _refused(self, name: str, error: SlackError, channel: str = "") -> web.Response:
        self._hub.note_call(name, error.code, channel)
        return web.json_response(error.wire())


async def _read(request: web.Request) -> tuple[Arguments, SlackError | None]:
    """Return the arguments, or what is wrong with them: troubles come before that."""
    try:
        return await read_arguments(request), None
    except SlackError as error:
        return Arguments({}), error


def _channel(args: Arguments) -> str:
    return args.text("channel") or args.text("channel_id")


def _token(args: Arguments, request: web.Request) -> str:
    header = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ").strip() or args.text("token")


async def trouble(
    hub: Hub, name: str, request: web.Request, channel: str = ""
) -> web.StreamResponse | None:
    """Answer as the troubles for this call say, or None when it may go on."""
    if hub.faults.down is not None:
        hub.note_call(name, "down")
        return hang_up(request) if hub.faults.down == DOWN_REFUSE else unavailable(503)
    slow = hub.faults.take(name, "slow", channel=channel)
    if slow is not None:
        await asyncio.sleep(slow.seconds)
    fault = hub.faults.take(name, "storm", "http_error", "lose_request", channel=channel)
    if fault is None:
        return None
    hub.note_call(name, fault.kind, channel)
    if fault.kind == "storm":
        return too_many(int(fault.seconds))
    if fault.kind == "lose_request":
        return hang_up(request)
    return unavailable(int(fault.word) if fault.word.isdigit() else 500)


def too_many(seconds: int) -> web.Response:
    """Return Slack's 429 with Retry-After in whole seconds."""
    return web.json_response(
        {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)}
    )


def unavailable(status: int) -> web.Response:
    """Return a server error with a body that is no JSON, as from a broken front end."""
    return web.Response(status=status, text="upstream unavailable")


def hang_up(request: web.Request) -> web.Response:
    """Cut the connection; the response returned here never arrives."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
