"""A swarm and a registry in memory, whole."""

from collections.abc import Sequence

from playground.simulator.clock import Clock
from playground.simulator.model.catalog import Catalog
from playground.simulator.model.networks import Networks
from playground.simulator.model.nodes import Nodes
from playground.simulator.model.orchestrator import Orchestrator
from playground.simulator.model.refusals import no_leader
from playground.simulator.model.services import Services
from playground.simulator.model.tasks import World
from playground.simulator.model.timeline import Timeline
from playground.simulator.model.vault import Vault


class Simulation:
    """Everything, driven by a clock: what is due happens in `settle`, which each look begins with.

    Attributes:
        unavailable: managers answer that they have no leader.
    """

    def __init__(self, clock: Clock, nodes: Sequence[str] = ("n1", "n2", "n3")) -> None:
        self.timeline = Timeline(clock)
        self.world = World(self.timeline)
        orchestrator = Orchestrator(self.world)
        self.secrets = Vault("secret", self.world)
        self.configs = Vault("config", self.world)
        self.services = Services(self.world, orchestrator, (self.secrets, self.configs))
        self.nodes = Nodes(self.world, orchestrator)
        self.networks = Networks(self.world)
        self.unavailable = False
        for hostname in nodes:
            self.nodes.add(hostname)

    @property
    def images(self) -> Catalog:
        """The registry's images."""
        return self.world.catalog

    def settle(self) -> None:
        """Let happen what is due. Raises RefusedError: the swarm has no leader."""
        if self.unavailable or self.services.leaderless:
            raise no_leader()
        self.timeline.settle()
