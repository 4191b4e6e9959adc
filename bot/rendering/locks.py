"""Locks: the channel's one message of each, its end, and what single persons are told."""

from collections.abc import Callable

from bot.domain.lock import Lock, LockNews, ScopeKind, Telling
from bot.domain.lock.words import age
from bot.domain.message import Content
from bot.domain.typed import typed
from bot.rendering import blocks, metadata
from bot.rendering.cut import cut_line
from bot.rendering.escape import clean, code, one_line, person
from bot.rendering.words import moment

_LONGEST_REASON = 300


def lock(telling: Telling, command: str) -> Content:
    """Return what is said of a lock."""
    lines = [line for line in _TELL[telling.news](telling, command) if line]
    text = "\n".join(lines)
    public = telling.to is None
    return Content(
        text=text,
        blocks=(blocks.section(text),),
        metadata=metadata.of_lock(telling) if public else None,
    )


def named(held: Lock) -> str:
    """Return what is locked: `*web*`, `*stack shop*`."""
    return f"*{one_line(held.scope.words)}*"


def placed(held: Lock) -> str:
    """Return what is locked and in which cluster, unless that is what is locked."""
    if held.scope.kind is ScopeKind.CLUSTER:
        return named(held)
    return f"{named(held)} (cluster {one_line(held.cluster)})"


def reason(text: str) -> str:
    """Return a reason in quotes, as it was typed; empty stays empty."""
    short = one_line(cut_line(clean(text), _LONGEST_REASON))
    return f"“{short}”" if short else ""


def _locks(held: Lock, command: str) -> str:
    return code(typed(f"{command} locks", held.cluster))


def _asked(telling: Telling, command: str) -> list[str]:
    del command
    held = telling.lock
    owner = person(held.owner.user)
    return [
        f":hourglass_flowing_sand: {owner} is about to lock {placed(held)}: {reason(held.reason)}"
    ]


def _withdrawn(telling: Telling, command: str) -> list[str]:
    held = telling.lock
    return [
        f":heavy_minus_sign: {placed(held)} was not locked by {person(held.owner.user)} after all",
        f"{_locks(held, command)} lists what is locked",
    ]


def _shown(telling: Telling, command: str) -> list[str]:
    held = telling.lock
    owner = person(held.owner.user)
    if held.ended_at is not None:
        return [
            f":unlock: {named(held)} was locked by {owner}: {reason(held.reason)}",
            f"{moment(held.since)} to {moment(held.ended_at)}",
        ]
    until = f"until {moment(held.until)}" if held.until else "until it is unlocked"
    return [
        (f":lock: {placed(held)} is locked by {owner}: {reason(held.reason)}"),
        f"since {moment(held.since)}, {until}: only {owner} can change it; a rollback passes",
        f"{_locks(held, command)} lists what is locked",
    ]


def _ended(telling: Telling, command: str) -> list[str]:
    del command
    held = telling.lock
    why = f": {reason(held.end_reason)}" if held.end_reason else "."
    who = person(held.ended_by)
    if held.bad is not None:
        number = held.bad.number
        return [f":unlock: {named(held)} can be updated to revision {number} again, by {who}{why}"]
    if held.ended_by is None:
        return [f":unlock: {named(held)} is not locked any more: the time is up."]
    if held.ended_by == held.owner.user:
        return [f":unlock: {named(held)} is unlocked by {who}{why}"]
    return [f":unlock: {who} took the lock of {named(held)} from {person(held.owner.user)}{why}"]


def _free(telling: Telling, command: str) -> list[str]:
    held = telling.lock
    why = f" ({reason(held.end_reason)})" if held.end_reason else ""
    how = f"{person(held.ended_by)} unlocked it{why}" if held.ended_by else "the time is up"
    place = placed(held)
    other = f"{_locks(held, command)} shows whether anything else holds it"
    return [f":unlock: You asked to be told: {place} is free, {how}.", other]


def _taken(telling: Telling, command: str) -> list[str]:
    held = telling.lock
    return [
        (
            f":unlock: {person(held.ended_by)} took away your lock of {placed(held)}: "
            f"{reason(held.end_reason)}"
        ),
        f"You had set it at {moment(held.since)}: {reason(held.reason)}",
        f"{_locks(held, command)} shows who holds it now",
    ]


def _nag(telling: Telling, command: str) -> list[str]:
    held = telling.lock
    waiting = len(held.waiters)
    wait = f", and {waiting} {'waits' if waiting == 1 else 'wait'} for it" if waiting else ""
    return [
        (
            f":lock: You have kept {placed(held)} locked for "
            f"{age(held.since, telling.now)}, without an end{wait}: {reason(held.reason)}"
        ),
        (
            f"{code(typed(f'{command} unlock {held.scope.argument}', held.cluster))} ends it; "
            "until then you are reminded again"
        ),
    ]


_TELL: dict[LockNews, Callable[[Telling, str], list[str]]] = {
    LockNews.ASKED: _asked,
    LockNews.WITHDRAWN: _withdrawn,
    LockNews.SHOWN: _shown,
    LockNews.ENDED: _ended,
    LockNews.FREE: _free,
    LockNews.TAKEN: _taken,
    LockNews.NAG: _nag,
}
