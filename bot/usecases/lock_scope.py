"""What a lock is of, looked up: the scope, and what has to be allowed for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from bot.domain.errors import NotFound
from bot.domain.grammar import Options
from bot.domain.grammar.suggest import did_you_mean
from bot.domain.lock import Scope, ScopeKind
from bot.domain.lock.record import STACK_LABEL
from bot.domain.policy import Resource, Side, all_environments, side_of
from bot.ports import SwarmReader
from bot.usecases.gate import Gate
from bot.usecases.lookup import Lookup, View


def _any(_: str) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Place:
    """A scope, and the things on which the right to lock must be held."""

    scope: Scope
    things: tuple[Resource, ...]


def scope_typed(cluster: str, options: Options, service: str) -> Scope:
    """Return what a line is about by its words alone: nobody has looked whether it exists."""
    if service:
        return Scope(kind=ScopeKind.SERVICE, name=service)
    if options.stack:
        return Scope(kind=ScopeKind.STACK, name=options.stack)
    if options.everything:
        return Scope(kind=ScopeKind.CLUSTER, name=cluster)
    return Scope(kind=ScopeKind.ENVIRONMENT, name=options.environment)


@dataclass(frozen=True, kw_only=True)
class Scopes:
    """Reads only. All may raise NotFound and EngineUnavailableError.

    Attributes:
        reads: whether the person may read what is in an environment, which is then named to them.
    """

    swarm: SwarmReader
    lookup: Lookup
    gate: Gate
    reads: Callable[[str], bool] = _any

    def telling(self, tells: Callable[[View], bool], reads: Callable[[str], bool]) -> Self:
        """Return the same for a person: what they may not be told of is no name to suggest."""
        return replace(self, lookup=replace(self.lookup, tells=tells), reads=reads)

    def to_lock(self, cluster: str, options: Options, service: str) -> Place:
        """Return what is to be locked; it must exist."""
        if service:
            return self._service(self.service(cluster, service))
        if options.stack:
            return self._stack(cluster, options, self._stack_sides(options.stack))
        return self._wide(cluster, options)

    def to_unlock(self, cluster: str, options: Options, service: str) -> Place:
        """Return what is to be unlocked; it may be gone meanwhile."""
        if service:
            return self._service(self.to_unlock_service(cluster, service))
        if options.stack:
            sides = self._sides_of(options.stack) or (Side(labels={STACK_LABEL: options.stack}),)
            return self._stack(cluster, options, sides)
        return self._wide(cluster, options)

    def service(self, cluster: str, ref: str) -> Resource:
        """Return a service as it is now, given by its name or id."""
        view = self.lookup.service(ref)
        names = {network.id: network.name for network in self.swarm.networks()}
        return Resource(cluster=cluster, service=view.name, sides=(side_of(view.spec, names),))

    def to_unlock_service(self, cluster: str, ref: str) -> Resource:
        """Return a service as it is now, or by its name alone when only a lock of it is left."""
        try:
            return self.service(cluster, ref)
        except NotFound:
            scope = Scope(kind=ScopeKind.SERVICE, name=ref)
            if all(each.value.scope != scope for each in self.gate.locks.open_locks(cluster)):
                raise
            return Resource(cluster=cluster, service=ref, sides=(Side(),))

    def _service(self, what: Resource) -> Place:
        return Place(scope=Scope(kind=ScopeKind.SERVICE, name=what.service), things=(what,))

    def _stack(self, cluster: str, options: Options, sides: tuple[Side, ...]) -> Place:
        scope = scope_typed(cluster, options, "")
        return Place(scope=scope, things=(Resource(cluster=cluster, sides=sides),))

    def _stack_sides(self, name: str) -> tuple[Side, ...]:
        sides = self._sides_of(name)
        if not sides:
            told = filter(self.lookup.tells, self.swarm.services())
            labels = [side_of(view.spec).labels for view in told]
            stacks = sorted({each[STACK_LABEL] for each in labels if STACK_LABEL in each})
            raise self._unknown("stack", name, stacks)
        return sides

    def _sides_of(self, name: str) -> tuple[Side, ...]:
        """Return the services of a stack as they are now."""
        names = {network.id: network.name for network in self.swarm.networks()}
        sides = (side_of(view.spec, names) for view in self.swarm.services())
        return tuple(side for side in sides if side.labels.get(STACK_LABEL) == name)

    def _wide(self, cluster: str, options: Options) -> Place:
        """Return an environment, or the cluster: for that, each environment has to be allowed."""
        names = [each.name for each in all_environments(self.gate.policy)]
        scope = scope_typed(cluster, options, "")
        if scope.kind is ScopeKind.ENVIRONMENT:
            if scope.name not in names:
                raise self._unknown("environment", scope.name, list(filter(self.reads, names)))
            names = [scope.name]
        things = tuple(Resource(cluster=cluster, environment=name) for name in names)
        return Place(scope=scope, things=things)

    def _unknown(self, what: str, name: str, known: Sequence[str]) -> NotFound:
        hint = did_you_mean(name, known, self.lookup.suggest)
        there_are = f"There are: {', '.join(f'`{each}`' for each in known)}." if known else ""
        return NotFound(f"There is no {what} `{name}`.", hint or there_are)
