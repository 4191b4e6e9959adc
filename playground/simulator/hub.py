"""What all connections share: the simulation, its clock, and the troubles that a test arranged."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from playground.simulator import images
from playground.simulator.clock import PacedClock
from playground.simulator.encoded import Memory
from playground.simulator.model.simulation import Simulation

OLDEST_API = (1, 12)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a simulator is started.

    Attributes:
        nodes: how many; named n1, n2, …; n1 is the manager, and the one that listens.
        api_version: the newest that it speaks; specs keep the fields that this version knows.
        speed: simulated seconds in a real one; 0: time moves by the control endpoint alone.
        socket: path of the unix socket; empty: none.
        port: of TCP on the loopback interface; 0: a free one.
        registry_port: of the registry; 0: a free one.
    """

    nodes: int = 3
    api_version: tuple[int, int] = (1, 41)
    speed: float = 1.0
    socket: str = ""
    port: int = 0
    registry_port: int = 0

    @property
    def api(self) -> str:
        """The version as the API writes it."""
        return f"{self.api_version[0]}.{self.api_version[1]}"


@dataclass
class Hub:
    """One simulator.

    Attributes:
        registry: `host:port` of the registry, known when it listens.
        lost: for each of the next writes: whether it takes effect before its reply is lost.
        calls: how often each was made, by method and path, such as `GET /services`.
        generation: goes up by `reset`, which ends what still streams.
    """

    options: Options
    registry: str = ""
    lost: list[bool] = field(default_factory=list)
    generation: int = 0
    calls: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.clock = PacedClock(self.options.speed)
        self.memory = Memory()
        self.simulation = self._made()

    def reset(self) -> None:
        """Begin anew, at the time that it is."""
        self.lost.clear()
        self.memory = Memory()
        self.generation += 1
        self.simulation = self._made()

    def located(self, registry: str) -> None:
        """Take in where the registry listens, which the names of its images begin with."""
        self.registry = registry
        images.fill(self.simulation.images, registry)

    def advance(self, by: timedelta) -> None:
        """Let time pass, and all that is due in it happen."""
        self.clock.advance(by)
        self.simulation.timeline.settle()

    def _made(self) -> Simulation:
        names = [f"n{number}" for number in range(1, self.options.nodes + 1)]
        made = Simulation(self.clock, names)
        if self.registry:
            images.fill(made.images, self.registry)
        return made
