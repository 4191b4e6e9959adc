"""Which rules can never apply, because an earlier one takes all that they are about.

What is found here is surely so; not everything that is so is found (three earlier rules that only
together cover a fourth are not).
"""

import re
from functools import lru_cache
from itertools import product

from config.policy_model import Grant, Match

Criterion = tuple[str, str]
"""What is looked at, and what is wanted: `("service", "web*")`."""

Cases = list[frozenset[Criterion]]
"""Ways to match, each a set of criteria that hold together."""

_CRITERIA = ("service", "label", "constraint", "network", "cluster", "node")
_MOST_CASES = 64
"""A match that comes apart into more is not looked into."""


def covers(wide: Cases, narrow: Cases) -> bool:
    """Return whether everything that matches in one of the narrow ways matches in a wide one."""
    return all(any(_implies(case, other) for other in wide) for case in narrow)


def is_granted_by(grant: Grant, earlier: Grant) -> bool:
    """Return whether an earlier line of the same role grants all that this one does."""
    return (
        grant.role == earlier.role
        and set(grant.may) <= set(earlier.may)
        and _within(set(grant.environments), set(earlier.environments))
        and _within(set(grant.channels), set(earlier.channels))
        and _within(set(grant.clusters), set(earlier.clusters))
        and _fit(grant.services, earlier.services)
    )


def pattern_covers(wide: str, narrow: str) -> bool:
    """Return whether every name that fits the second pattern fits the first."""
    return bool(_compiled(wide).fullmatch(narrow))


@lru_cache(maxsize=1024)
def _compiled(wide: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in re.split(r"([*?])", wide))
    # a ? must not take a * of the other, which is any number of characters
    meaning = {re.escape("*"): ".*", re.escape("?"): r"[^*]"}
    return re.compile("".join(meaning.get(part, part) for part in parts))


def _within(some: set[str], allowed: set[str]) -> bool:
    return not allowed or (bool(some) and some <= allowed)


def _fit(some: tuple[str, ...], allowed: tuple[str, ...]) -> bool:
    if not allowed:
        return True
    return bool(some) and all(any(pattern_covers(w, n) for w in allowed) for n in some)


def cases_of(match: Match) -> Cases | None:
    """Return the ways in which it can match; None when there are too many."""
    parts = [cases_of(part) for part in (*match.any, *match.all)]
    known = [each for each in parts if each is not None]
    if len(known) < len(parts):
        return None
    if match.any:
        cases = [case for each in known for case in each]
    elif match.all:
        count = 1
        for each in known:
            count *= len(each)
        if count > _MOST_CASES:
            return None
        cases = [frozenset().union(*combination) for combination in product(*known)]
    else:
        cases = [frozenset((on, getattr(match, on)) for on in _CRITERIA if getattr(match, on))]
    return cases if len(cases) <= _MOST_CASES else None


def _implies(case: frozenset[Criterion], other: frozenset[Criterion]) -> bool:
    """Return whether what is true in the first case makes the other true."""
    return all(any(_entails(each, wanted) for each in case) or _always(wanted) for wanted in other)


def _always(wanted: Criterion) -> bool:
    return wanted[0] == "cluster" and not wanted[1].strip("*")  # everything is in a cluster


def _plain(constraint: str) -> str:
    # as they are compared, but for the case of a label's name: here a doubt only costs a warning
    return "".join(constraint.split()).lower()


def _entails(known: Criterion, wanted: Criterion) -> bool:
    if known[0] != wanted[0]:
        return False
    if known[0] == "constraint":
        return _plain(known[1]) == _plain(wanted[1])
    if known[0] != "label":
        return pattern_covers(wanted[1], known[1])
    (key, has, value), (wanted_key, needs, wanted_value) = (
        known[1].partition("="),
        wanted[1].partition("="),
    )
    return key == wanted_key and (not needs or (bool(has) and pattern_covers(wanted_value, value)))
