"""What one run of the workspace is told, and who its app is."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

#: The bot scopes of the manifest, plus the ones that reads of people and channels need.
DEFAULT_SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "reactions:write",
    "usergroups:read",
    "users:read",
)

#: The shortcuts of the manifest; a test holds the two together.
DEFAULT_SHORTCUTS = (
    {"name": "Deploy…", "type": "global", "callback_id": "waggle.deploy"},
    {"name": "Roll back this", "type": "message", "callback_id": "waggle.rollback_this"},
    {"name": "Show history", "type": "message", "callback_id": "waggle.show_history"},
)


def _bot_token() -> str:
    return f"xoxb-playground-{secrets.token_hex(12)}"


def _app_token() -> str:
    return f"xapp-1-A0WAGGLE-playground-{secrets.token_hex(12)}"


@dataclass
class Settings:
    """One run. Durations are seconds; all but credentials and address may change while it runs.

    Attributes:
        host: Where it listens: beside the loopback interface, only on one that leads to a lab.
        app_url: The app's request URL. None means Socket Mode, as `settings.socket_mode_enabled`
            of a manifest does.
        commands: The slash commands that the app registered.
        shortcuts: The shortcuts that the app registered: name, type (global, message), callback_id.
        shortcut_metadata: Whether a message shortcut's message carries the message's metadata.
        should_escape: The manifest option of the same name.
        smart_punctuation: Curl quotes and join dashes as people's devices do.
        ack_deadline: Slack waits 3 s for an answer.
        retry_delays: Waits before the three repeats of an unanswered event.
    """

    host: str = "127.0.0.1"
    port: int = 0
    app_url: str | None = None
    bot_token: str = field(default_factory=_bot_token)
    app_token: str = field(default_factory=_app_token)
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    commands: tuple[str, ...] = ("/swarm",)
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    shortcuts: tuple[dict[str, str], ...] = DEFAULT_SHORTCUTS
    shortcut_metadata: bool = True
    should_escape: bool = True
    smart_punctuation: bool = False
    rate_limits: bool = True
    ack_deadline: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    response_url_uses: int = 5
    response_url_lifetime: float = 1800.0
    trigger_lifetime: float = 3.0
    clock: Callable[[], float] = time.time

    team_id: str = "T0WAGGLE"
    team_domain: str = "playground"
    app_id: str = "A0WAGGLE"
    bot_user: str = "U0WAGGLE"
    bot_id: str = "B0WAGGLE"
    bot_name: str = "waggle"
