"""What a stage stands on: a swarm and its registry, real or simulated."""

from pathlib import Path
from typing import Protocol


class Ground(Protocol):
    """`playground.lab.Lab` and `playground.simulator.lab.SimulatedLab` are such."""

    dir: Path

    @property
    def registry(self) -> str:
        """Where the images are: `httpd:v1` and its like."""
        ...

    def docker_host(self, i: int = 1) -> str:
        """Return the DOCKER_HOST of node i."""
        ...

    def up(self, nodes: int = 3, managers: int = 1) -> bool:
        """Bring it up. Return False if it was up."""
        ...

    def down(self) -> bool:
        """Take it down, leaving nothing behind. Return False if there was nothing."""
        ...

    def kill(self, i: int) -> None:
        """Cut the power of node i."""
        ...

    def start(self, i: int) -> None:
        """Boot node i again."""
        ...
