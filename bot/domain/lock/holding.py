"""Which locks hold a thing.

by hand      keeps everybody but its owner from changing what is in its scope;
             reads and rollbacks pass
automatic    keeps everybody from updating its service to the revision that was left:
             the same spec, or the same image; anything else passes
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from bot.domain.images import canonical
from bot.domain.lock.record import STACK_LABEL, BadRevision, Lock, Scope, ScopeKind
from bot.domain.policy.model import VerbGroup
from bot.domain.policy.resource import Extent, Resource
from bot.domain.request import Principal

UNTOUCHED = frozenset({VerbGroup.READ, VerbGroup.LOCK, VerbGroup.APPROVE, VerbGroup.BREAK_GLASS})
"""Rights that no lock is about: nobody need look."""

_TO_A_REVISION = frozenset({VerbGroup.UPDATE, VerbGroup.CREATE, VerbGroup.SCALE})


def holding(
    locks: Iterable[Lock],
    what: Resource,
    environments: Collection[str],
    verb: VerbGroup,
    now: datetime,
) -> tuple[Lock, ...]:
    """Return the locks that are in the way of doing `verb` to a thing, in the order given.

    Args:
        locks: of its cluster.
        what: the thing; while nobody has looked, locks of its name and of the cluster are found,
            and whoever has looked asks again.
        environments: names of those that it is in and will be in.
        verb: what is to be done.
        now: aware UTC.
    """
    if verb in UNTOUCHED:
        return ()
    return tuple(
        lock
        for lock in locks
        if lock.holds(now)
        and lock.cluster == what.cluster
        and _reaches(lock.scope, what, environments)
        and (lock.bad is None or _leads_back(lock.bad, what.extent, verb))
    )


def is_passed(lock: Lock, who: Principal, verb: VerbGroup) -> bool:
    """Return whether a lock that is in the way lets this person do this all the same."""
    return not lock.automatic and (verb is VerbGroup.ROLLBACK or lock.owner.user == who.user)


def _reaches(scope: Scope, what: Resource, environments: Collection[str]) -> bool:
    if scope.kind is ScopeKind.CLUSTER:
        return True
    if scope.kind is ScopeKind.ENVIRONMENT:
        return scope.name in environments
    if scope.kind is ScopeKind.STACK:
        return any(side.labels.get(STACK_LABEL) == scope.name for side in what.sides)
    return what.service == scope.name


def _leads_back(bad: BadRevision, extent: Extent | None, verb: VerbGroup) -> bool:
    if verb not in _TO_A_REVISION or extent is None:
        return False
    same_spec = bool(bad.spec_hash) and bad.spec_hash == extent.spec_hash
    return same_spec or _same_image(bad.image, extent.brings)


def _same_image(bad: str, brings: str) -> bool:
    """Compare by digest; where one of them names none, by name and tag."""
    if not bad or not brings:
        return False
    digests = bad.partition("@")[2], brings.partition("@")[2]
    if all(digests):
        return digests[0] == digests[1]
    return canonical(bad) == canonical(brings)
