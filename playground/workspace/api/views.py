"""views.open, push, update, publish; blocks.validate."""

from playground.workspace.api.method import NOBODY, Method, tier
from playground.workspace.arguments import Arguments
from playground.workspace.blockkit import check_message_blocks, check_view
from playground.workspace.errors import SlackError
from playground.workspace.hub import Hub
from playground.workspace.records import Json, View

STACK_MAX = 3


def _shape(hub: Hub, view: View) -> Json:
    settings = hub.settings
    return {"view": view.wire(settings.team_id, settings.app_id, settings.bot_id)}


def add_view(hub: Hub, user: str, body: Json, below: View | None = None) -> View:
    """Store a view that a person now sees, above another one if it was pushed."""
    _refuse_taken(hub, body, None)
    number = hub.world.new_id("V")
    view = View(number, user, body, hub.world.new_ts(), below.root_id if below else number)
    view.previous_id = below.id if below else None
    hub.world.views[view.id] = view
    hub.world.touch()
    return view


def change_view(hub: Hub, view: View, body: Json) -> View:
    """Give a view new content and a new hash."""
    _refuse_taken(hub, body, view)
    view.body = body
    view.hash = hub.world.new_ts()
    hub.world.touch()
    return view


def _refuse_taken(hub: Hub, body: Json, own: View | None) -> None:
    name = body.get("external_id")
    taken = any(
        view.body.get("external_id") == name and view is not own and view.open
        for view in hub.world.views.values()
    )
    if name and taken:
        raise SlackError("duplicate_external_id")


def open_view(hub: Hub, args: Arguments) -> Json:
    """Open a modal with a trigger that is at most three seconds old."""
    body = check_view(args.parsed("view"))
    user = hub.triggers.exchange(args.required("trigger_id"))
    return _shape(hub, add_view(hub, user, body))


def push_view(hub: Hub, args: Arguments) -> Json:
    """Put a modal on top of the open one, three deep at most."""
    body = check_view(args.parsed("view"))
    user = hub.triggers.exchange(args.required("trigger_id"))
    stack = [v for v in hub.world.views.values() if v.user == user and v.open]
    stack = [v for v in stack if v.body["type"] == "modal"]
    if not stack:
        raise SlackError("not_found")
    return _shape(hub, push(hub, stack[-1], body))


def push(hub: Hub, below: View, body: Json) -> View:
    """Put a view on top of another.

    Raises:
        SlackError: push_limit_reached.
    """
    stack = [v for v in hub.world.views.values() if v.root_id == below.root_id and v.open]
    if len(stack) >= STACK_MAX:
        raise SlackError("push_limit_reached")
    return add_view(hub, below.user, body, below)


def update_view(hub: Hub, args: Arguments) -> Json:
    """Change an open view, found by view_id or external_id, unless `hash` is outdated."""
    body = check_view(args.parsed("view"))
    view = hub.world.views.get(args.text("view_id")) or next(
        (
            v
            for v in hub.world.views.values()
            if args.has("external_id") and v.body.get("external_id") == args.text("external_id")
        ),
        None,
    )
    if view is None or not view.open:
        raise SlackError("not_found")
    if args.has("hash") and args.text("hash") != view.hash:
        raise SlackError("hash_conflict")
    return _shape(hub, change_view(hub, view, body))


def publish_view(hub: Hub, args: Arguments) -> Json:
    """Show a person's App Home."""
    body = check_view(args.parsed("view"))
    user = args.required("user_id")
    if user not in hub.world.people:
        raise SlackError("invalid_arguments", ["[ERROR] invalid `user_id`"])
    if body["type"] != "home":
        raise SlackError("invalid_arguments", ["[ERROR] must be a home view"])
    for view in hub.world.views.values():
        if view.user == user and view.body["type"] == "home":
            if args.has("hash") and args.text("hash") != view.hash:
                raise SlackError("hash_conflict")
            return _shape(hub, change_view(hub, view, body))
    return _shape(hub, add_view(hub, user, body))


def blocks_validate(hub: Hub, args: Arguments) -> Json:
    """Check blocks, a message or a view without posting them."""
    del hub
    if args.has("view"):
        check_view(args.parsed("view"))
    message = args.parsed("message") or {}
    blocks = args.parsed("blocks") if args.has("blocks") else message.get("blocks")
    if blocks is not None:
        check_message_blocks(blocks)
    return {}


METHODS = (
    Method("views.open", open_view, tier(4)),
    Method("views.push", push_view, tier(4)),
    Method("views.update", update_view, tier(4)),
    Method("views.publish", publish_view, tier(4)),
    Method("blocks.validate", blocks_validate, token=NOBODY),
)
