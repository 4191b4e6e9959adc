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


def _bot_token() -> str:
    return f"xoxb-playground-{secrets.token_hex(12)}"


def _app_token() -> str:
    return f"xapp-1-A0WAGGLE-playground-{secrets.token_hex(12)}"


@dataclass
class Settings:
    """One run. Durations are seconds; everything but the credentials may change while it runs.

    Attributes:
        app_url: The app's request URL. None means Socket Mode, as `settings.socket_mode_enabled`
            of a manifest does.
        commands: The slash commands that the app registered.
        should_escape: The manifest option of the same name.
        smart_punctuation: Curl quotes and join dashes as people's devices do.
        ack_deadline: Slack waits 3 s for an answer.
        retry_delays: Waits before the three repeats of an unanswered event.
    """

    port: int = 0
    app_url: str | None = None
    bot_token: str = field(default_factory=_bot_token)
    app_token: str = field(default_factory=_app_token)
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    commands: tuple[str, ...] = ("/swarm",)
    scopes: tuple[str, ...] = DEFAULT_SCOPES
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
