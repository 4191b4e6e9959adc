"""The rules, the people and the calendar as a test says them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.policy import OPEN, Policy, Window
from bot.ports import Clock, Locks
from bot.usecases.gate import Gate
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeRecordStore


@dataclass
class FakePolicies:
    """Implements PolicySource."""

    policy: Policy = OPEN
    wrong: str = ""

    def current(self) -> Policy:
        return self.policy

    def problem(self) -> str:
        return self.wrong


@dataclass
class FakePeople:
    """Implements People: group id → user ids; `away` when Slack cannot be asked."""

    members: dict[str, set[str]] = field(default_factory=dict)
    away: bool = False

    def groups_of(self, user: str, among: frozenset[str]) -> frozenset[str] | None:
        if not among:
            return frozenset()
        if self.away:
            return None
        return frozenset(group for group in among if user in self.members.get(group, ()))


@dataclass
class FakeCalendar:
    """Implements Calendar, with the windows it was given."""

    known: list[Window] = field(default_factory=list)

    def windows(self, policy: Policy, begin: datetime, end: datetime) -> tuple[Window, ...]:
        del policy
        return tuple(each for each in self.known if each.begins <= end and each.ends > begin)


def a_gate(policy: Policy = OPEN, clock: Clock | None = None, locks: Locks | None = None) -> Gate:
    """Return a gate of these rules, with nobody in any group, no freezes, and no locks if none."""
    return Gate(
        policies=FakePolicies(policy),
        people=FakePeople(),
        calendar=FakeCalendar(),
        locks=locks or FakeRecordStore(),
        clock=clock or FakeClock(),
    )
