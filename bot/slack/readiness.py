"""/readyz: whether a command typed now would be carried out, and if not, which part is missing."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.ports import Health, Leases, StoreUnavailableError
from bot.slack.identity import Identity

_ROLES = ("worker", "steward")


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """Slack confirmed our token, Redis answers, and each known cluster has a fresh worker and.

    Steward.

    Attributes:
        socket_connected: in Socket Mode, whether the connection is up; None over HTTP.
    """

    identity: Identity
    leases: Leases
    cluster: str = "default"
    socket_connected: Callable[[], bool] | None = None

    def look(self) -> Health:
        """Return the health now. Calls Redis: run it off the event loop."""
        problems = []
        if not self.identity.is_fresh():
            problems.append(f"slack: {self.identity.problem or 'auth.test is out of date'}")
        if self.socket_connected is not None and not self.socket_connected():
            problems.append("slack: Socket Mode is not connected")
        problems += self._missing_processes()
        return Health(ok=not problems, problems=tuple(problems))

    def _missing_processes(self) -> list[str]:
        try:
            beats = self.leases.beats()
        except StoreUnavailableError:
            return ["redis: no answer"]
        clusters = {self.cluster: {}, **beats}
        return [
            f"cluster {name}: no fresh heartbeat of a {role}"
            for name, roles in clusters.items()
            for role in _ROLES
            if not roles.get(role)
        ]
