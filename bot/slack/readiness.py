"""/readyz: whether a command typed now would be carried out, and if not, which part is missing.

Slack confirmed our token, Redis answers, and each known cluster has a fresh worker for each of its
queues and a steward, none of which says that it cannot do its work. What is only worth a look (a
channel that cannot be told of what it should hear, a Redis that is filling up) is a warning: still
ready.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.domain.vitals import missing as lacking
from bot.ports import ClosedChannels, Leases, StoreUnavailableError
from bot.slack.identity import Identity
from bot.slack.policy_warnings import of_unknown_groups

_NAMED = 5
"""Damaged records named in a line."""

_FILLING = 0.8
"""The share of Redis' memory above which it is told: there shall be time to make room."""


class DamagedRecords(Protocol):
    """The record store, as far as it is asked here."""

    def unreadable(self) -> list[str]:
        """Return the keys of records that cannot be read."""
        ...


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """One line for each missing part.

    Attributes:
        cluster: the one that is missed while no cluster is known at all.
        socket_connected: in Socket Mode, whether the connection is up; None over HTTP.
        policy_problem: what is wrong with the newest policy file, empty if nothing is.
        unknown_groups: the policy's user groups that Slack does not know; calls Redis.
        memory_used: the share of its memory that Redis uses, None without a limit; calls Redis.
        unsaid_head: that no channel is told the audit log's head; calls Redis.
    """

    identity: Identity
    leases: Leases
    channels: ClosedChannels
    records: DamagedRecords
    cluster: str = "default"
    socket_connected: Callable[[], bool] | None = None
    policy_problem: Callable[[], str] = str
    unknown_groups: Callable[[], list[str]] = list
    memory_used: Callable[[], float | None] = lambda: None
    unsaid_head: Callable[[], list[str]] = list

    def slack(self) -> list[str]:
        """Return what is wrong with Slack; known without asking anybody."""
        problems = []
        if not self.identity.is_fresh():
            problems.append(f"slack: {self.identity.problem or 'auth.test is out of date'}")
        if self.socket_connected is not None and not self.socket_connected():
            problems.append("slack: Socket Mode is not connected")
        return problems

    def others(self) -> list[str]:
        """Return what is wrong with the rest. Calls Redis: run it off the event loop."""
        try:
            beats, stops = self.leases.beats(), self._troubles(stopping=True)
        except StoreUnavailableError:
            return ["redis: no answer"]
        clusters = beats or {self.cluster: {}}
        missing = [
            f"cluster {name}: no fresh heartbeat of a {part}"
            for name, roles in clusters.items()
            for part in lacking(roles)
        ]
        return missing + stops

    def warnings(self) -> list[str]:
        """Return what wants to be mended and keeps no command from being carried out.

        With a broken policy file the last good one is in force: no reason to send requests away.
        Calls Redis, as `others`.
        """
        policy = [f"policy: {line}" for line in self.policy_problem().splitlines()]
        try:
            policy += of_unknown_groups(self.unknown_groups())
            closed, troubles = self.channels.closed(), self._troubles(stopping=False)
            damaged, share = self.records.unreadable(), self.memory_used()
            unsaid = self.unsaid_head()
        except StoreUnavailableError:
            return policy  # that it is away is a problem, not a warning
        return [
            *policy,
            *troubles,
            *_memory(share),
            *_records(damaged),
            *(
                f"channel {channel}: is not told of rollouts, Slack says {code}"
                for channel, code in closed.items()
            ),
            *unsaid,
        ]

    def _troubles(self, *, stopping: bool) -> list[str]:
        """Return what processes of the workers say of themselves; those who say the same, once."""
        told: dict[str, list[str]] = {}
        for cluster, processes in self.leases.troubles().items():
            for process, troubles in processes.items():
                for trouble in troubles:
                    if trouble.stops_changes is stopping:
                        line = f"cluster {cluster}: {trouble.text}"
                        told.setdefault(line, []).append(process)
        return [f"{line} ({', '.join(who)})" for line, who in told.items()]


def _memory(share: float | None) -> list[str]:
    if share is None or share <= _FILLING:
        return []
    percent = int(share * 100)
    return [f"redis: {percent} % of its maxmemory is used; when it is full, nothing is recorded"]


def _records(damaged: list[str]) -> list[str]:
    if not damaged:
        return []
    named, more = ", ".join(damaged[:_NAMED]), len(damaged) - _NAMED
    rest = f" and {more} more" if more > 0 else ""
    verb = "is" if len(damaged) == 1 else "are"
    return [f"records: {len(damaged)} cannot be read and {verb} set aside: {named}{rest}"]
