"""The paths of the API, with and without a version before them."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from playground.simulator.api import (
    control,
    distribution,
    networks,
    nodes,
    services,
    streams,
    system,
    tasks,
)
from playground.simulator.api.call import Call, ReplyLost, hang_up, ok, refused
from playground.simulator.api.pieces import Pieces
from playground.simulator.api.shapes import ENGINE
from playground.simulator.hub import OLDEST_API, Hub
from playground.simulator.model.refusals import RefusedError

Handler = Callable[[Call], Awaitable[web.StreamResponse]]
_log = logging.getLogger(__name__)
_BODY_MAX = 4 * 1024 * 1024
_SECRETS, _CONFIGS = Pieces("secret"), Pieces("config")
_REF = "{ref:[^/]+}"

ALONE: dict[tuple[str, str], Handler] = {
    ("GET", "/_ping"): system.ping,
    ("HEAD", "/_ping"): system.ping,
    ("GET", "/version"): system.version,
    ("GET", "/info"): system.info,
    ("GET", "/containers/json"): system.nothing,
    ("GET", "/images/json"): system.nothing,
    ("GET", "/volumes"): system.no_volumes,
    ("GET", "/distribution/{ref:.+}/json"): distribution.find,
    ("POST", f"/_control/{_REF}"): control.serve,
}
"""What an engine answers by itself, also when the swarm has no leader."""

OF_SWARM: dict[tuple[str, str], Handler] = {
    ("GET", "/swarm"): system.swarm,
    ("GET", "/events"): streams.events,
    ("GET", "/services"): services.find_all,
    ("POST", "/services/create"): services.create,
    ("GET", f"/services/{_REF}"): services.find,
    ("POST", f"/services/{_REF}/update"): services.update,
    ("DELETE", f"/services/{_REF}"): services.remove,
    ("GET", f"/services/{_REF}/logs"): streams.service_logs,
    ("GET", "/tasks"): tasks.find_all,
    ("GET", f"/tasks/{_REF}"): tasks.find,
    ("GET", f"/tasks/{_REF}/logs"): streams.task_logs,
    ("GET", "/nodes"): nodes.find_all,
    ("GET", f"/nodes/{_REF}"): nodes.find,
    ("POST", f"/nodes/{_REF}/update"): nodes.update,
    ("DELETE", f"/nodes/{_REF}"): nodes.remove,
    ("GET", "/networks"): networks.find_all,
    ("POST", "/networks/create"): networks.create,
    ("GET", f"/networks/{_REF}"): networks.find,
    ("DELETE", f"/networks/{_REF}"): networks.remove,
    **{
        (method, f"/{pieces.kind}s{path}"): handler
        for pieces in (_SECRETS, _CONFIGS)
        for method, path, handler in (
            ("GET", "", pieces.find_all),
            ("POST", "/create", pieces.create),
            ("GET", f"/{_REF}", pieces.find),
            ("POST", f"/{_REF}/update", pieces.update),
            ("DELETE", f"/{_REF}", pieces.remove),
        )
    },
}
"""What only a manager with a leader answers."""


class Api:
    """Serves a hub: `aiohttp.web.AppRunner(Api(hub).app)`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

        @web.middleware  # it marks a function, and cannot mark a method
        async def answer(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            return await self._answer(request, handler)

        self.app = web.Application(client_max_size=_BODY_MAX, middlewares=[answer])
        for table, settles in ((ALONE, False), (OF_SWARM, True)):
            for (method, path), handler in table.items():
                served = self._served(handler, f"{method} {path}", settles=settles)
                for prefix in ("", r"/v{version:\d+\.\d+}"):
                    self.app.router.add_route(method, prefix + path, served)

    def _served(
        self, handler: Handler, name: str, *, settles: bool
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            self._hub.calls[name] += 1
            call = Call(self._hub, request, self._version(request))
            if settles:
                call.simulation.settle()
            return await handler(call)

        return serve

    def _version(self, request: web.Request) -> tuple[int, int]:
        """Return the version asked for. Raises RefusedError: it is not spoken here."""
        newest = self._hub.options.api_version
        text = request.match_info.get("version", "")
        if not text:
            return newest
        major, minor = text.split(".")
        asked = (int(major), int(minor))
        if asked > newest:
            most = f"Maximum supported API version is {self._hub.options.api}"
            raise RefusedError(400, f"client version {text} is too new. {most}")
        if asked < OLDEST_API:
            least = f"Minimum supported API version is {system.OLDEST}"
            words = "please upgrade your client to a newer version"
            raise RefusedError(400, f"client version {text} is too old. {least}, {words}")
        return asked

    async def _answer(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        was_leaderless = self._hub.simulation.services.leaderless
        try:
            response = await handler(request)
        except RefusedError as refusal:
            response = refused(refusal)
        except ReplyLost:
            return await hang_up(request)
        except web.HTTPException:
            response = ok({"message": "page not found"}, 404)
        if self._hub.simulation.services.leaderless and not was_leaderless:
            _log.error(
                "a posted TaskTemplate had no Placement: a real swarm before Engine 29.7 loses all "
                "its managers now (moby#37883); this one has no leader until a reset"
            )
        if not response.prepared:
            response.headers.update(self._about())
        return response

    def _about(self) -> dict[str, str]:
        return {
            "Api-Version": self._hub.options.api,
            "Docker-Experimental": "false",
            "Ostype": "linux",
            "Server": f"Docker/{ENGINE} (linux)",
        }
