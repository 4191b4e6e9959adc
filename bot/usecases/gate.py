"""The one gate: every way in, and the worker right before each change, asks here.

It gathers what a decision is made from (the rules in force, the person's groups, freezes, locks)
and lets the domain decide.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.lock import Lock, holding, is_passed
from bot.domain.lock.holding import UNTOUCHED
from bot.domain.lock.words import ask_to_be_told, why_locked, why_passed
from bot.domain.policy import (
    ApprovalRule,
    Context,
    Decision,
    Policy,
    Resource,
    VerbGroup,
    authorize,
    environments_of,
    may_take_away,
    may_vote,
    stranger,
    voters,
)
from bot.domain.request import Principal
from bot.ports import Calendar, Clock, Locks, People, PolicySource, UnreadableRecordError
from bot.usecases.asked_now import asked_now


@dataclass(frozen=True, kw_only=True)
class Circumstance:
    """What a request brings along besides who and what.

    Attributes:
        channel: where it was typed or clicked.
        break_glass: the person asks to pass approvals, freezes, limits and locks.
        sends_nothing: Docker hears nothing of it: freezes and locks are not in its way.
    """

    channel: str = ""
    break_glass: bool = False
    sends_nothing: bool = False


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Decides. What cannot be read or asked lets nobody through.

    Where locks cannot be read it raises StoreUnavailableError: then nothing can be recorded either.
    """

    policies: PolicySource
    people: People
    calendar: Calendar
    locks: Locks
    clock: Clock

    @property
    def policy(self) -> Policy:
        """The rules in force."""
        return self.policies.current()

    def decide(
        self, who: Principal, verb: VerbGroup, what: Resource, how: Circumstance
    ) -> Decision:
        """Decide whether a person may do something to a thing now.

        Raises:
            StoreUnavailableError: nobody can tell what is locked.
        """
        policy, now = self.policy, self.clock.now()
        held, unknown = ((), "") if how.sends_nothing else self._known_holding(what, verb)
        stops = [lock for lock in held if not is_passed(lock, who, verb)]
        context = Context(
            now=now,
            channel=how.channel,
            groups=self.groups(policy, who),
            windows=() if how.sends_nothing else self.calendar.windows(policy, now, now),
            locks=(
                *_reasons(stops, what, now, hint=not how.break_glass),
                *([unknown] if unknown else []),
            ),
            break_glass=how.break_glass,
        )
        decision = authorize(policy, who, verb, what, context)
        passed = tuple(why_passed(lock, now) for lock in held if lock not in stops)
        owners = tuple(lock.owner.user for lock in stops if not lock.automatic)
        return replace(decision, warnings=(*decision.warnings, *passed), named=owners)

    def reader(
        self, policy: Policy, who: Principal, channel: str
    ) -> Callable[[Resource], Decision]:
        """Return what the rules say to a person's reading of a thing: `decide`, for many things.

        Neither freezes nor locks are in the way of reading, so the person is all that is asked for.
        """
        return self.granted(policy, who, VerbGroup.READ, channel)

    def granted(
        self, policy: Policy, who: Principal, verb: VerbGroup, channel: str
    ) -> Callable[[Resource], Decision]:
        """Return what the rules say to a verb on many things, freezes and locks left aside.

        Never enough for a change: `decide` is asked about the one that is chosen.
        """
        groups = self.groups(policy, who)
        context = Context(now=self.clock.now(), channel=channel, groups=groups)
        return lambda what: authorize(policy, who, verb, what, context)

    def stranger(self, who: Principal, cluster: str, channel: str) -> Decision | None:
        """Return why a person may do nothing at all in a cluster; None if there is something."""
        policy = self.policy
        groups = self.groups(policy, who)
        context = Context(now=self.clock.now(), channel=channel, groups=groups)
        return stranger(policy, who, cluster, context)

    def holding(self, what: Resource, verb: VerbGroup) -> tuple[Lock, ...]:
        """Return the locks that are in the way of doing something to a thing, whoever does it.

        Raises:
            StoreUnavailableError, UnreadableRecordError: nobody can tell.
        """
        if verb in UNTOUCHED:
            return ()
        known = [stored.value for stored in self.locks.open_locks(what.cluster)]
        if not known:
            return ()
        environments = {each.name for each in environments_of(self.policy, what)}
        return holding(known, what, environments, verb, self.clock.now())

    def _known_holding(self, what: Resource, verb: VerbGroup) -> tuple[tuple[Lock, ...], str]:
        """Return the same, and why nobody can tell: then it counts as locked."""
        try:
            return self.holding(what, verb), ""
        except UnreadableRecordError as error:
            return (), f"a lock cannot be read (`{error.key}`), so nobody can tell what is locked"

    def groups(self, policy: Policy, who: Principal) -> frozenset[str] | None:
        """Return the person's groups among those that the rules name; None: nobody could tell."""
        return self.people.groups_of(who.user, policy.groups)

    def asking_now(self, among: frozenset[str]) -> "Gate":
        """Return a gate that knows of these groups what Slack says now; waits for it, in bounds."""
        return replace(self, people=asked_now(self.people, among))

    def may_vote(self, who: Principal, environment: str, rule: ApprovalRule) -> Decision:
        """Decide whether a person's vote counts where the rule of an environment has asked.

        By what `People` knows of their groups now: that may be older than this moment, within the
        limits that `People` keeps to.
        """
        lists = voters(self.policy, environment, rule)
        among = frozenset(group for each in lists for group in each.groups)
        groups = self.people.groups_of(who.user, among)
        return may_vote(self.policy, (environment, rule), who, groups)

    def takes_away(self, who: Principal) -> Decision:
        """Decide whether a person who may lock may take away somebody else's lock, too."""
        policy = self.policy
        return may_take_away(policy, who, self.groups(policy, who))

    def now(self) -> datetime:
        """Return the time that it decides by."""
        return self.clock.now()


def _reasons(locks: list[Lock], what: Resource, now: datetime, *, hint: bool) -> tuple[str, ...]:
    """Say who holds it, and, where the person has to wait, how to be told of the end."""
    reasons = [why_locked(lock, now) for lock in locks]
    if hint and any(not lock.automatic for lock in locks):
        reasons.append(ask_to_be_told(what))
    return tuple(reasons)
