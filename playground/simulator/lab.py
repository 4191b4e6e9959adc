"""A simulated swarm as the stage wants one: the same words as `playground.lab.Lab`."""

import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from playground.simulator.hub import Options
from playground.simulator.server import LocalSimulator, SimulatorError


@dataclass
class SimulatedLab:
    """Nodes and a registry that are only simulated, in a thread of this process.

    Needs no root, no Docker and no Linux. Several can be up at once.

    Attributes:
        speed: simulated seconds in a real one.
        api_version: the newest that it speaks.
    """

    speed: float = 1.0
    api_version: tuple[int, int] = (1, 41)
    simulator: LocalSimulator | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.dir = Path(tempfile.gettempdir()) / f"waggle-sim-{secrets.token_hex(4)}"

    @property
    def _up(self) -> LocalSimulator:
        if self.simulator is None:
            raise SimulatorError("the simulated swarm is not up")
        return self.simulator

    @property
    def registry(self) -> str:
        """Where the images are: `httpd:v1` and its like."""
        return self._up.registry

    @property
    def nodes(self) -> list[str]:
        """The names of the nodes, the manager first; empty if it is not up."""
        count = self.simulator.options.nodes if self.simulator else 0
        return [f"n{number}" for number in range(1, count + 1)]

    def docker_host(self, i: int = 1) -> str:
        """Return the DOCKER_HOST of the manager, the only node that listens."""
        if i != 1:
            raise SimulatorError(f"only n1 listens, not n{i}")
        return self._up.docker_host

    def up(self, nodes: int = 3, managers: int = 1) -> bool:
        """Bring it up. Return False if it was up.

        Raises:
            SimulatorError: more than one manager is wanted.
            OSError: it cannot listen.
        """
        if managers != 1 or nodes < 1:
            raise SimulatorError(f"one manager and some nodes, not {managers} and {nodes}")
        if self.simulator is not None:
            return False
        options = Options(
            nodes=nodes,
            api_version=self.api_version,
            speed=self.speed,
            socket=str(self.dir / "docker.sock"),
        )
        self.dir.mkdir(mode=0o700)
        try:
            self.simulator = LocalSimulator(options).start()
        except BaseException:
            self.down()
            raise
        return True

    def down(self) -> bool:
        """Take it down, leaving nothing behind. Return False if there was nothing."""
        was_up = self.simulator is not None
        if self.simulator is not None:
            self.simulator.stop()
            self.simulator = None
        shutil.rmtree(self.dir, ignore_errors=True)
        return was_up

    def kill(self, i: int) -> None:
        """Cut the power of node i; the swarm notices at once."""
        self._power(i, up=False)

    def start(self, i: int) -> None:
        """Boot node i again."""
        self._power(i, up=True)

    def _power(self, i: int, *, up: bool) -> None:
        self._up.control("node", name=f"n{i}", up=up)
