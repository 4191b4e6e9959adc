"""Sentences about locks, for those whom they stop and those whom they let pass."""

from datetime import datetime, timedelta

from bot.domain.lock.record import BadRevision, Lock, ScopeKind
from bot.domain.policy.resource import Resource
from bot.domain.typed import typed
from bot.domain.units import format_duration

_LONGEST_REASON = 200
_MINUTE = 60


def why_locked(lock: Lock, now: datetime) -> str:
    """Return who holds what since when, why and until when: a reason of a refusal."""
    what, since = lock.scope.words, f"since {age(lock.since, now)}"
    if lock.bad is None:
        reason = f"{_cut(lock.reason)}{_until(lock)}"
        return f"{what} is locked by <@{lock.owner.user}> {since}: {reason}"
    line = typed(f"unlock --reason WHY {lock.scope.argument}", lock.cluster)
    way_out = f"`{line}` lets it through"
    held = f"{what} is not updated to revision {lock.bad.number} (locked {since})"
    return f"{held}: {lock.reason}; {way_out}"


def ask_to_be_told(what: Resource) -> str:
    """Return how to be told when a thing is free."""
    if what.service:
        return f"{_notify(what.service, what.cluster)} tells you when it is free"
    return f"`{typed('locks', what.cluster)}` lists what is locked"


def ways_out(lock: Lock) -> str:
    """Return what whoever may not take a lock away can do instead."""
    owner, scope = f"<@{lock.owner.user}>", lock.scope
    ask = f"Ask {owner} for `{typed(f'unlock {scope.argument}', lock.cluster)}`"
    by_name = scope.kind is ScopeKind.SERVICE
    told = f"{_notify(scope.name, lock.cluster)} tells you when it is free" if by_name else ""
    listed = f"`{typed('locks', lock.cluster)}` lists what is locked"
    ends = f"it ends at {moment(lock.until)}" if lock.until is not None else ""
    wait = "; ".join(part for part in (ends, told or listed) if part)
    return f"{ask}, or wait: {wait}. Who has the right `break_glass` passes it by `--break-glass`."


def _notify(service: str, cluster: str) -> str:
    return f"`{typed(f'locks --notify {service}', cluster)}`"


def why_passed(lock: Lock, now: datetime) -> str:
    """Return the warning of a plan that a lock lets pass: it names nobody, channels read it."""
    what, since = lock.scope.words, f"since {age(lock.since, now)}"
    return f"{what} is locked {since}: {_cut(lock.reason)}{_until(lock)}"


def of_bad(bad: BadRevision, rollout_id: str) -> str:
    """Return the reason of an automatic lock."""
    return f"{rollout_id} went back from revision {bad.number}"


def age(since: datetime, now: datetime) -> str:
    """Return how long ago something was, in its two largest units: `12m`, `3h5m`, `2d1h`."""
    seconds = max(0, int((now - since).total_seconds()))
    days, rest = divmod(seconds, 86400)
    if days:
        return f"{days}d{rest // 3600}h"
    coarse = rest - rest % _MINUTE
    return format_duration(timedelta(seconds=coarse or rest))


def moment(at: datetime) -> str:
    """Return a moment to the second: locks end exactly."""
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def _until(lock: Lock) -> str:
    return f" (until {moment(lock.until)})" if lock.until is not None else ""


def _cut(reason: str) -> str:
    plain = " ".join(reason.split())
    return plain if len(plain) <= _LONGEST_REASON else f"{plain[:_LONGEST_REASON]}…"
