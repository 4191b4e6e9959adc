"""What a lock is of, looked up: the scope, and what has to be allowed for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.errors import NotFound
from bot.domain.grammar import Options
from bot.domain.grammar.suggest import did_you_mean
from bot.domain.lock import Scope, ScopeKind
from bot.domain.lock.record import STACK_LABEL
from bot.domain.policy import Resource, Side, all_environments, side_of
from bot.ports import SwarmReader
from bot.usecases.gate import Gate
from bot.usecases.lookup import Lookup


@dataclass(frozen=True, kw_only=True)
class Place:
    """A scope, and the things on which the right to lock must be held."""

    scope: Scope
    things: tuple[Resource, ...]


@dataclass(frozen=True, kw_only=True)
class Scopes:
    """Reads only. All may raise NotFound and EngineUnavailableError."""

    swarm: SwarmReader
    lookup: Lookup
    gate: Gate

    def to_lock(self, cluster: str, options: Options, service: str) -> Place:
        """Return what is to be locked; it must exist."""
        if service:
            return self._service(self.service(cluster, service))
        if options.stack:
            return self._stack(cluster, options.stack, self._stack_sides(options.stack))
        return self._wide(cluster, options)

    def to_unlock(self, cluster: str, options: Options, service: str) -> Place:
        """Return what is to be unlocked; it may be gone meanwhile."""
        if service:
            return self._service(self.to_unlock_service(cluster, service))
        if options.stack:
            sides = self._sides_of(options.stack) or (Side(labels={STACK_LABEL: options.stack}),)
            return self._stack(cluster, options.stack, sides)
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

    def _stack(self, cluster: str, name: str, sides: tuple[Side, ...]) -> Place:
        scope = Scope(kind=ScopeKind.STACK, name=name)
        return Place(scope=scope, things=(Resource(cluster=cluster, sides=sides),))

    def _stack_sides(self, name: str) -> tuple[Side, ...]:
        sides = self._sides_of(name)
        if not sides:
            labels = [side_of(view.spec).labels for view in self.swarm.services()]
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
        if options.everything:
            scope = Scope(kind=ScopeKind.CLUSTER, name=cluster)
        else:
            if options.environment not in names:
                raise self._unknown("environment", options.environment, names)
            names = [options.environment]
            scope = Scope(kind=ScopeKind.ENVIRONMENT, name=options.environment)
        things = tuple(Resource(cluster=cluster, environment=name) for name in names)
        return Place(scope=scope, things=things)

    def _unknown(self, what: str, name: str, known: Sequence[str]) -> NotFound:
        hint = did_you_mean(name, known, self.lookup.suggest)
        there_are = f"There are: {', '.join(f'`{each}`' for each in known)}." if known else ""
        return NotFound(f"There is no {what} `{name}`.", hint or there_are)
