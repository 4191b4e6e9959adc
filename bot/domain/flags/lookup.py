"""Finding flags in the table, and knowing those of the docker CLI that are not in it."""

from __future__ import annotations

from functools import cache

from bot.domain.flags.flag import Flag
from bot.domain.flags.table import FLAGS
from bot.domain.flags.verb import Verb

_NEWER = ("memory-swap", "memory-swappiness")
"""Of the docker CLI 29.7, for Engines of API 1.52."""

_NOT_YET: dict[Verb, tuple[str, ...]] = {
    Verb.CREATE: _NEWER,
    Verb.UPDATE: _NEWER,
    Verb.NETWORK_LS: ("no-trunc",),
    Verb.NETWORK_CREATE: (
        "aux-address", "config-from", "config-only", "ingress", "ip-range", "ipam-driver",
        "ipam-opt", "ipv4", "scope",
    ),
}  # fmt: skip

_ELSEWHERE: dict[Verb, dict[str, str]] = {
    Verb.ROLLBACK: {"revision": "to", "to-revision": "to", "rev": "to", "version": "to"},
}
"""What other tools call a flag: kubectl's `rollout undo --to-revision`, helm's revision."""


@cache
def flags_of(verb: Verb) -> tuple[Flag, ...]:
    """The flags of a verb, in the table's order."""
    return tuple(flag for flag in FLAGS if verb in flag.verbs)


@cache
def _by_name(verb: Verb) -> dict[str, Flag]:
    return {flag.name: flag for flag in flags_of(verb)}


@cache
def _by_short(verb: Verb) -> dict[str, Flag]:
    return {flag.short: flag for flag in flags_of(verb) if flag.short}


def by_name(verb: Verb, name: str) -> Flag | None:
    """The flag of this verb with this long name, upper or lower case."""
    return _by_name(verb).get(name.lower())


def by_short(verb: Verb, letter: str) -> Flag | None:
    """The flag of this verb with this letter."""
    return _by_short(verb).get(letter)


def called_elsewhere(verb: Verb, name: str) -> str | None:
    """The flag of this verb that other tools call so."""
    return _ELSEWHERE.get(verb, {}).get(name.lower())


def edit_flag(name: str, *, creating: bool = False, verb: Verb | None = None) -> Flag:
    """The row that an `Edit` came from.

    Raises:
        KeyError: no such flag edits a spec. Stored edits come from the parser, so this is a bug.
    """
    order = (
        (verb,) if verb else (Verb.CREATE, Verb.UPDATE) if creating else (Verb.UPDATE, Verb.CREATE)
    )
    for candidate in order:
        found = _by_name(candidate).get(name)
        if found is not None and found.effect is not None:
            return found
    raise KeyError(name)


def not_yet(verb: Verb, name: str) -> bool:
    """Whether docker has this long flag for this verb and Waggle does not have it yet."""
    return name.lower() in _NOT_YET.get(verb, ())
