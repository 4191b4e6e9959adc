"""A simulated swarm in a process of its own, so that it costs nobody's process what it costs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.processes import running, until
from playground.simulator.server import control


@dataclass
class Simulated:
    """What the stage stands on (playground.stage.ground).

    Attributes:
        dir: of its socket.
        registry: `host:port`.
        port: of its API on the loopback interface.
        pid: of its process.
    """

    dir: Path
    registry: str
    port: int
    pid: int

    def docker_host(self, i: int = 1) -> str:
        """Return the DOCKER_HOST; only the first node listens."""
        del i
        return f"unix://{self.dir / 'docker.sock'}"

    def up(self, nodes: int = 3, managers: int = 1) -> bool:
        """Is up already."""
        del nodes, managers
        return False

    def down(self) -> bool:
        """Goes down with `simulated`."""
        return False

    def kill(self, i: int) -> None:
        """Cut the power of a node."""
        control(self.port, "node", name=f"n{i}", up=False)

    def start(self, i: int) -> None:
        """Boot a node again."""
        control(self.port, "node", name=f"n{i}", up=True)

    def advance(self, seconds: float) -> None:
        """Let time pass, and all that is due in it happen."""
        control(self.port, "advance", seconds=seconds)

    def calls(self) -> dict[str, int]:
        """Return how often each call of the Engine API was made so far."""
        found: dict[str, int] = control(self.port, "calls")["calls"]
        return found


@contextmanager
def simulated(nodes: int = 10, speed: float = 1) -> Iterator[Simulated]:
    """Run one; `speed` 0: its time passes by `advance` alone."""
    with TemporaryDirectory(prefix="wsim-") as place:
        where = Path(place)
        ready = where / "ready.json"
        words = ("--socket", str(where / "docker.sock"), "--nodes", str(nodes))
        how = ("--speed", str(speed), "--ready-file", str(ready))
        with running("playground.simulator", *words, *how, told={}, log=where / "log") as pid:
            until(ready.exists, "the simulator to listen", 30)
            found = json.loads(ready.read_text(encoding="utf-8"))
            yield Simulated(where, found["registry"], int(found["url"].rpartition(":")[2]), pid)
