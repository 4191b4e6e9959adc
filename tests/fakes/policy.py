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
    """Implements People: group id → user ids.

    Attributes:
        members: who is in them now.
        heard: what was heard some seconds ago, where that is not the same; asking anew forgets it.
        old: what was heard is older than 60 s.
        away: Slack cannot be asked.
        asked: about which groups it was asked anew, in order.
    """

    members: dict[str, set[str]] = field(default_factory=dict)
    heard: dict[str, set[str]] = field(default_factory=dict)
    old: bool = False
    away: bool = False
    asked: list[frozenset[str]] = field(default_factory=list)

    def groups_of(self, user: str, among: frozenset[str]) -> frozenset[str] | None:
        if not among:
            return frozenset()
        known = self.heard if self.away else {**self.members, **self.heard}
        found = frozenset(group for group in among if user in known.get(group, ()))
        return None if self.away and not found and among - known.keys() else found

    def members_now(self, among: frozenset[str]) -> dict[str, frozenset[str]]:
        if not among:
            return {}
        self.asked.append(among)
        if self.away:
            heard = {} if self.old else self.heard
            return {each: frozenset(heard[each]) for each in among & heard.keys()}
        for each in among:
            self.heard.pop(each, None)
        return {each: frozenset(self.members.get(each, ())) for each in among}


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
