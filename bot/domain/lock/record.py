"""The record of one lock, and how it changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.request import Principal

NAG_EVERY = timedelta(hours=24)
"""The owner of a lock without an end is reminded of it so often, unless the operator says else."""

STACK_LABEL = "com.docker.stack.namespace"
"""The service label by which `docker stack deploy` says which stack a service is of."""


class ScopeKind(StrEnum):
    """How far a lock reaches."""

    SERVICE = "service"
    STACK = "stack"
    ENVIRONMENT = "environment"
    CLUSTER = "cluster"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is locked.

    Attributes:
        name: of the service, stack, environment or cluster; never a pattern.
    """

    kind: ScopeKind
    name: str

    @property
    def words(self) -> str:
        """What people call it: `web`, `stack shop`."""
        return self.name if self.kind is ScopeKind.SERVICE else f"{self.kind.value} {self.name}"

    @property
    def key(self) -> str:
        """What a held lock claims in the store: no service can be called so."""
        return f"lock:{self.kind.value}:{self.name}"

    @property
    def argument(self) -> str:
        """How it is typed after `lock` and `unlock`."""
        if self.kind is ScopeKind.CLUSTER:
            return "--all"
        return self.name if self.kind is ScopeKind.SERVICE else f"--{self.kind.value} {self.name}"


@dataclass(frozen=True, kw_only=True)
class BadRevision:
    """What an automatic lock keeps from coming back.

    Attributes:
        number: of the revision that was left.
        spec_hash: its `loose_hash`; empty when its spec is not recorded any more.
        image: its image as in the spec, `name:tag@sha256:…`; empty when what was gone back to runs
            the same one: then it was not the image that was bad.
    """

    number: int
    spec_hash: str = ""
    image: str = ""


@dataclass(frozen=True, kw_only=True)
class Waiter:
    """Somebody who wants to be told of the end.

    Attributes:
        channel: where it was asked for.
    """

    user: str
    channel: str
    asked_at: datetime


@dataclass(frozen=True, kw_only=True)
class Lock:
    """One lock.

    Attributes:
        id: `l-` and the id of the action (or, if automatic, the rollout) that it came of.
        owner: who set it; of an automatic one, who went back or whose rollout went back by itself.
        until: the first moment at which it holds no more; None: until somebody unlocks.
        channel: where it was set.
        automatic: set by a rollback, against one revision.
        bad: that revision; None for a lock by hand.
        nagged_at: when the owner was last reminded.
        ended_by: Slack user id; None when its time was up.
    """

    id: str
    cluster: str
    scope: Scope
    owner: Principal
    reason: str
    since: datetime
    until: datetime | None = None
    channel: str = ""
    automatic: bool = False
    bad: BadRevision | None = None
    waiters: tuple[Waiter, ...] = ()
    nagged_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_reason: str = ""

    def holds(self, now: datetime) -> bool:
        """Return whether it is in force: it ends exactly at `until`, whoever has noted that."""
        return self.ended_at is None and (self.until is None or now < self.until)

    def is_over(self, now: datetime) -> bool:
        """Return whether its time is up and nobody has noted that yet."""
        return self.ended_at is None and not self.holds(now)


def ended(lock: Lock, at: datetime, by: str | None = None, reason: str = "") -> Lock:
    """Return the lock after its end."""
    return replace(lock, ended_at=at, ended_by=by, end_reason=reason)


def expired(lock: Lock) -> Lock:
    """Return the lock after its time was up; it ended then, however late that is noted."""
    return replace(lock, ended_at=lock.until)


def waited_for(lock: Lock, waiter: Waiter) -> Lock:
    """Return the lock with one more who waits; who waits already does not wait twice."""
    if any(each.user == waiter.user for each in lock.waiters):
        return lock
    return replace(lock, waiters=(*lock.waiters, waiter))


def is_nag_due(lock: Lock, now: datetime, every: timedelta = NAG_EVERY) -> bool:
    """Return whether its owner is to be reminded.

    Only a lock by hand without an end is forgotten. Times that nobody was there to remind are not
    made up for.
    """
    if lock.automatic or lock.until is not None or lock.ended_at is not None:
        return False
    due = (now - lock.since) // every
    told = (lock.nagged_at - lock.since) // every if lock.nagged_at is not None else 0
    return due > told
