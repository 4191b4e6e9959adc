"""What one person may read, now that somebody has looked.

The bot knows a name at most; a right may be for some environments only. A thing is judged on what
it is now and on what its record says that it was; what nobody can place takes the right everywhere.
Who may read everything costs no further call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from bot.domain.lock import Lock, ScopeKind
from bot.domain.lock.record import STACK_LABEL
from bot.domain.observation import NetworkView, NodeView, PieceView, ServiceView
from bot.domain.policy import (
    Decision,
    Outcome,
    Policy,
    Resource,
    Side,
    all_environments,
    network_side,
    node_side,
    side_of,
)
from bot.domain.request import Request
from bot.domain.revision import RevisionSpec
from bot.ports import SwarmReader
from bot.usecases.gate import Gate
from bot.usecases.refusals import Denied
from bot.usecases.rights import in_each_environment

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Sight:
    """Decides on each thing before it is shown. Reads the swarm once at most.

    All but the makers of resources may raise EngineUnavailableError.

    Attributes:
        decide: what the rules say to reading a thing.
    """

    swarm: SwarmReader
    cluster: str
    policy: Policy
    decide: Callable[[Resource], Decision]

    def allow(self, one: T, resource_of: Callable[[T], Resource]) -> None:
        """Let a thing pass.

        Raises:
            Denied: it may not be read.
        """
        if (decision := self._refusal(one, resource_of)) is not None:
            raise Denied(decision)

    def may(self, one: T, resource_of: Callable[[T], Resource]) -> bool:
        """Return whether a thing may be read."""
        return self._refusal(one, resource_of) is None

    def seen(
        self, things: Iterable[T], resource_of: Callable[[T], Resource]
    ) -> tuple[list[T], int]:
        """Return those that may be read, in their order, and how many may not."""
        listed = list(things)
        shown = [one for one in listed if self.may(one, resource_of)]
        return shown, len(listed) - len(shown)

    def tells(self, view: ServiceView | NodeView | NetworkView | PieceView) -> bool:
        """Return whether the person may be told the name of a thing that there is."""
        if isinstance(view, NodeView):
            return self.may(view, self.node)
        if isinstance(view, NetworkView):
            return self.may(view, self.network)
        if isinstance(view, PieceView):
            return self.may(view, self.piece)
        return self.may(view, self.service)

    def reads_environment(self, name: str) -> bool:
        """Return whether the person may read whatever is in an environment."""
        return self.may(Resource(cluster=self.cluster, environment=name), lambda what: what)

    def _refusal(self, one: T, resource_of: Callable[[T], Resource]) -> Decision | None:
        if self.sees_all:
            return None
        what = replace(resource_of(one), extent=None)  # what is read moves nothing
        if what.sides or what.environment:
            decision = self.decide(what)
            return decision if decision.outcome is Outcome.DENY else None
        if self._everywhere(what):
            return None
        why = f"nobody can tell where {what.name} is, so it takes the right to read everywhere"
        return Decision(outcome=Outcome.DENY, reasons=(why,), rule="no grant")

    @cached_property
    def sees_all(self) -> bool:
        """Whether the person may read whatever there is in the cluster, wherever it is."""
        return self._everywhere(Resource(cluster=self.cluster))

    def _everywhere(self, what: Resource) -> bool:
        each = map(self.decide, in_each_environment(self.policy, what))
        return all(decision.outcome is not Outcome.DENY for decision in each)

    # -- what a thing is, to the rules

    def service(self, view: ServiceView) -> Resource:
        """Return a service as it is."""
        return self._service(view.name, side_of(view.spec, self._networks))

    def node(self, view: NodeView) -> Resource:
        """Return a node as it is."""
        sides = (node_side(view.spec),)
        return Resource(cluster=self.cluster, node=view.hostname, sides=sides)

    def network(self, view: NetworkView) -> Resource:
        """Return a network as it is."""
        sides = (network_side(view.name, view.labels),)
        return Resource(cluster=self.cluster, sides=sides)

    def piece(self, view: PieceView) -> Resource:
        """Return a secret or config: its labels are all that tells where it belongs."""
        return Resource(cluster=self.cluster, sides=(Side(labels=view.labels),))

    def revisions(self, service: str, *specs: RevisionSpec) -> Resource:
        """Return a service as it was."""
        names = self._networks
        sides = (side_of(each.spec, {**names, **each.network_names}) for each in specs)
        return self._service(service, *sides)

    def record(self, what: Resource) -> Resource:
        """Return what a record is about, as the record says and as it is now."""
        live = self._live.get(what.service)
        return replace(what, sides=(*what.sides, *((live,) if live else ())))

    def node_record(self, what: Resource) -> Resource:
        """Return the node that a record is about, as the record says and as it is now."""
        live = [self.node(each) for each in self._nodes if each.hostname == what.node]
        return replace(what, sides=(*what.sides, *(side for each in live for side in each.sides)))

    def named(self, name: str) -> Resource:
        """Return whatever has that name now: a service, a node, a network, or several of them."""
        nodes = [self.node(each) for each in self._nodes if each.hostname == name]
        networks = [self.network(each) for each in self._known if each.name == name]
        sides = [side for each in (*nodes, *networks) for side in each.sides]
        service = name if name in self._live else ""
        return self.record(
            Resource(
                cluster=self.cluster,
                service=service,
                node=name if nodes and not service else "",
                sides=tuple(sides),
            )
        )

    def lock(self, lock: Lock) -> Resource:
        """Return what a lock holds, which is not a whole cluster."""
        if lock.scope.kind is ScopeKind.ENVIRONMENT:
            known = any(each.name == lock.scope.name for each in all_environments(self.policy))
            return Resource(cluster=self.cluster, environment=lock.scope.name if known else "")
        if lock.scope.kind is ScopeKind.SERVICE:
            return self.record(self._service(lock.scope.name))
        of = lock.scope.name
        sides = (side for side in self._live.values() if side.labels.get(STACK_LABEL) == of)
        return Resource(cluster=self.cluster, sides=tuple(sides))

    def _service(self, name: str, *sides: Side) -> Resource:
        return Resource(cluster=self.cluster, service=name, sides=sides)

    @cached_property
    def _live(self) -> dict[str, Side]:
        views = self.swarm.services()
        return {view.name: side_of(view.spec, self._networks) for view in views}

    @cached_property
    def _nodes(self) -> list[NodeView]:
        return self.swarm.nodes()

    @cached_property
    def _known(self) -> list[NetworkView]:
        return self.swarm.networks()

    @cached_property
    def _networks(self) -> dict[str, str]:
        return {network.id: network.name for network in self._known}


def sight_of(swarm: SwarmReader, gate: Gate, cluster: str, asked: Request) -> Sight:
    """Return what the person who asked may read of a cluster, by the rules in force."""
    policy = gate.policy
    decide = gate.reader(policy, asked.by, asked.place.channel)
    return Sight(swarm=swarm, cluster=cluster, policy=policy, decide=decide)
