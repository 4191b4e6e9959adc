"""api.test, auth.test and apps.connections.open."""

from playground.workspace.api.method import APP, NOBODY, Method, tier
from playground.workspace.arguments import Arguments
from playground.workspace.errors import SlackError
from playground.workspace.hub import Hub
from playground.workspace.records import Json
from playground.workspace.sockets import TICKET_PATH


def api_test(hub: Hub, args: Arguments) -> Json:
    """Echo the arguments, or fail with the error word that was asked for."""
    del hub
    if args.has("error"):
        raise SlackError(args.text("error"))
    return {"args": {name: value for name, value in args.raw.items() if name != "token"}}


def auth_test(hub: Hub, args: Arguments) -> Json:
    """Say whose token it is."""
    del args
    settings = hub.settings
    return {
        "url": f"{hub.base_url}/",
        "team": "Waggle playground",
        "user": settings.bot_name,
        "team_id": settings.team_id,
        "user_id": settings.bot_user,
        "bot_id": settings.bot_id,
        "is_enterprise_install": False,
    }


def connections_open(hub: Hub, args: Arguments) -> Json:
    """Return a WebSocket address that is good for one connection."""
    del args
    address = hub.base_url.replace("http://", "ws://", 1)
    ticket = hub.sockets.ticket()
    return {"url": f"{address}{TICKET_PATH}?ticket={ticket}&app_id={hub.settings.app_id}"}


METHODS = (
    Method("api.test", api_test, tier(4), token=NOBODY),
    Method("auth.test", auth_test, 600),
    Method("apps.connections.open", connections_open, tier(3), ("connections:write",), APP),
)
