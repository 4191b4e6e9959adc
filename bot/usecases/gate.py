"""The one gate: every way in, and the worker right before each change, asks here.

It gathers what a decision is made from (the rules in force, the person's groups, freezes) and lets
the domain decide.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.policy import (
    Context,
    Decision,
    Members,
    Policy,
    Resource,
    VerbGroup,
    authorize,
    is_member,
)
from bot.domain.request import Principal
from bot.ports import Calendar, Clock, People, PolicySource


@dataclass(frozen=True, kw_only=True)
class Circumstance:
    """What a request brings along besides who and what.

    Attributes:
        channel: where it was typed or clicked.
        break_glass: the person asks to pass approvals, freezes, limits and locks.
    """

    channel: str = ""
    break_glass: bool = False


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Decides. Never raises; what cannot be read or asked lets nobody through."""

    policies: PolicySource
    people: People
    calendar: Calendar
    clock: Clock

    @property
    def policy(self) -> Policy:
        """The rules in force."""
        return self.policies.current()

    def decide(
        self, who: Principal, verb: VerbGroup, what: Resource, how: Circumstance
    ) -> Decision:
        """Decide whether a person may do something to a thing now."""
        policy, now = self.policy, self.clock.now()
        context = Context(
            now=now,
            channel=how.channel,
            groups=self.groups(policy, who),
            windows=self.calendar.windows(policy, now, now),
            break_glass=how.break_glass,
        )
        return authorize(policy, who, verb, what, context)

    def groups(self, policy: Policy, who: Principal) -> frozenset[str] | None:
        """Return the person's groups among those that the rules name; None: nobody could tell."""
        return self.people.groups_of(who.user, policy.groups)

    def is_among(self, members: Members, who: Principal) -> bool:
        """Return whether a person is one of these; their groups are asked for anew."""
        return is_member(members, who, self.people.groups_of(who.user, members.groups))

    def now(self) -> datetime:
        """Return the time that it decides by."""
        return self.clock.now()
