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
    return {
        "display_information": {"name": "Waggle", "description": "Your Docker Swarm, from Slack"},
        "features": {
            "bot_user": {"display_name": "waggle", "always_online": True},
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
