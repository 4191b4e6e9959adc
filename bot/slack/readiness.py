"""/readyz: whether a command typed now would be carried out, and if not, which part is missing.

Slack confirmed our token, Redis answers, and each known cluster has a fresh worker and steward.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.ports import Leases, StoreUnavailableError
from bot.slack.identity import Identity

_ROLES = ("worker", "steward")


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """One line for each missing part.

    Attributes:
        cluster: the one that is missed while no cluster is known at all.
        socket_connected: in Socket Mode, whether the connection is up; None over HTTP.
        policy_problem: what is wrong with the newest policy file, empty if nothing is.
    """

    identity: Identity
    leases: Leases
    cluster: str = "default"
    socket_connected: Callable[[], bool] | None = None
    policy_problem: Callable[[], str] = str

    def slack(self) -> list[str]:
        """Return what is wrong with Slack; known without asking anybody."""
        problems = []
        if not self.identity.is_fresh():
            problems.append(f"slack: {self.identity.problem or 'auth.test is out of date'}")
        if self.socket_connected is not None and not self.socket_connected():
            problems.append("slack: Socket Mode is not connected")
        return problems

    def warnings(self) -> list[str]:
        """Return what wants to be mended and keeps no command from being carried out.

        With a broken policy file the last good one is in force: no reason to send requests away.
        """
        return [f"policy: {line}" for line in self.policy_problem().splitlines()]

    def others(self) -> list[str]:
        """Return what is wrong with the rest. Calls Redis: run it off the event loop."""
        try:
            beats = self.leases.beats()
        except StoreUnavailableError:
            return ["redis: no answer"]
        clusters = beats or {self.cluster: {}}
        return [
            f"cluster {name}: no fresh heartbeat of a {role}"
            for name, roles in clusters.items()
            for role in _ROLES
            if not roles.get(role)
        ]
