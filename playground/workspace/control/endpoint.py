"""POST /control/{verb} with a JSON object; the answer has `ok`, and `error` when it is false."""

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from playground.workspace.control import acting, reading, rooms, troubles
from playground.workspace.errors import ControlError
from playground.workspace.hub import Hub
from playground.workspace.records import Json

Verb = Callable[[Hub, Json], Awaitable[Json]]

VERBS: dict[str, Verb] = {
    verb.__name__: verb
    for verb in (
        acting.type_command,
        acting.say,
        acting.click,
        acting.click_view,
        acting.submit_view,
        acting.close_view,
        acting.suggest,
        acting.global_shortcut,
        acting.message_shortcut,
        acting.open_home,
        rooms.create_user,
        rooms.deactivate,
        rooms.create_channel,
        rooms.create_group,
        rooms.archive,
        rooms.invite,
        rooms.remove,
        rooms.delete_message,
        troubles.down,
        troubles.up,
        troubles.fault,
        troubles.clear,
        troubles.repeat,
        troubles.redeliver,
        troubles.drop_sockets,
        troubles.limits,
        troubles.configure,
        reading.messages,
        reading.state,
        reading.calls,
        reading.deliveries,
    )
}


class Control:
    """Answers `/control/{verb}`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def serve(self, request: web.Request) -> web.Response:
        """Carry out one verb; what cannot be done is a 400 that says why."""
        verb = VERBS.get(request.match_info["verb"])
        if verb is None:
            return _refused(f"unknown verb; known: {', '.join(sorted(VERBS))}", 404)
        try:
            body = json.loads(await request.read() or b"{}")
            return web.json_response({"ok": True, **await verb(self._hub, body)})
        except ControlError as error:
            return _refused(str(error))
        except KeyError as error:
            return _refused(f"missing field {error}")
        except (TypeError, ValueError) as error:
            return _refused(f"unreadable request: {error}")


def _refused(why: str, status: int = 400) -> web.Response:
    return web.json_response({"ok": False, "error": why}, status=status)
