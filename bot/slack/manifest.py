"""The Slack app's manifest, as code, so that the listeners and the scopes cannot drift apart.

Scopes and keys: Slack docs, app manifests; which method needs which scope stands in
docs/reference/slack-app.md.
"""

from typing import Any

BOT_SCOPES = [
    "app_mentions:read",
    "channels:history",  # histories are read only to settle a post whose outcome is unknown
    "chat:write",
    "commands",
    "files:write",
    "groups:history",
    "im:history",
    "im:write",
    "usergroups:read",  # the policy's user groups, by their ids
]

DEPLOY = "waggle.deploy"
ROLLBACK_THIS = "waggle.rollback_this"
SHOW_HISTORY = "waggle.show_history"
SHORTCUTS = [
    {
        "name": "Deploy…",
        "type": "global",
        "callback_id": DEPLOY,
        "description": "Change a service by a form",
    },
    {
        "name": "Roll back this",
        "type": "message",
        "callback_id": ROLLBACK_THIS,
        "description": "Go back to before this rollout",
    },
    {
        "name": "Show history",
        "type": "message",
        "callback_id": SHOW_HISTORY,
        "description": "List the revisions of its service",
    },
]
"""Names have 24 characters at most (Slack docs, implementing shortcuts)."""


def manifest(command: str, url: str | None) -> dict[str, Any]:
    """Return the manifest for a slash command's name; `url` None means Socket Mode."""
    slash: dict[str, Any] = {
        "command": command,
        "description": "Run the Docker Swarm: services, update, scale, rollback …",
        "usage_hint": "help | services | scale web=6 | update --image shop/web:2.4 web",
        "should_escape": True,
    }
    events: dict[str, Any] = {"bot_events": ["app_mention"]}
    interactivity: dict[str, Any] = {"is_enabled": True}
    if url is not None:
        slash["url"] = events["request_url"] = interactivity["request_url"] = url
        interactivity["message_menu_options_url"] = url  # what menus offer is asked for there
    return {
        "display_information": {"name": "Waggle", "description": "Your Docker Swarm, from Slack"},
        "features": {
            "bot_user": {"display_name": "waggle", "always_online": True},
            "shortcuts": SHORTCUTS,
            "slash_commands": [slash],
        },
        "oauth_config": {"scopes": {"bot": BOT_SCOPES}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }
