"""Somebody else's lock, as far as a typed line tells before anybody has looked at the swarm."""

from bot.domain.grammar import Command
from bot.domain.lock import Lock
from bot.domain.request import Principal
from bot.usecases.gate import Gate
from bot.usecases.lock_scope import scope_typed


def lock_to_steal(gate: Gate, command: Command, cluster: str, by: Principal) -> Lock | None:
    """Return the lock that a line takes away from somebody, None if it takes none or nobody knows.

    The worker looks again: a service may be given by its id, and locks come and go.

    Raises:
        StoreUnavailableError: nobody can tell what is locked.
    """
    if not command.options.steal:
        return None
    scope = scope_typed(cluster, command.options, "".join(command.targets[:1]))
    locks = [stored.value for stored in gate.locks.open_locks(cluster)]
    theirs = (each for each in locks if each.scope == scope and is_theirs(each, by))
    return next((each for each in theirs if each.holds(gate.now())), None)


def is_theirs(lock: Lock, by: Principal) -> bool:
    """Return whether it is somebody else's; one that a rollback has set is nobody's own."""
    return not lock.automatic and lock.owner.user != by.user
