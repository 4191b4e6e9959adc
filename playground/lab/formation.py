"""From nothing to a swarm: the machines are started, then joined."""

from collections.abc import Callable, Sequence
from pathlib import Path

from playground.lab.engines import Engine
from playground.lab.health import ailing
from playground.lab.images import push_all
from playground.lab.packages import which
from playground.lab.registry import OPEN, Registry
from playground.lab.shell import wait_until

_Check = Callable[[], None]


def start(registry: Registry, engines: Sequence[Engine], check: _Check) -> None:
    """Start the registry with its images, and the engines; `check` may raise to end it early."""
    registry.start()
    for engine in engines:
        check()
        engine.power_on()
    what = f"the registry to answer, see {registry.lab}/registry.log"
    wait_until(registry.answers, what, seconds=60, check=check)
    # while the engines boot
    push_all(registry.address, OPEN, Path(which("busybox") or "busybox"))
    for engine in engines:
        what = f"{engine.name} to answer, see {engine.log}"
        wait_until(engine.answers, what, seconds=60, check=check)


def form(engines: Sequence[Engine], managers: int, check: _Check) -> None:
    """Make the engines one swarm; the first ones are managers."""
    first, *others = engines
    second = int(first.address.split(".")[1])
    first.swarm_init(f"10.{second ^ 128}.0.0/16")  # overlay networks: never the lab's own net
    for engine in others:
        check()
        engine.swarm_join(first, manager=engine.i <= managers)
    wait_until(
        lambda: ailing(first.swarm_nodes(), engines) is None,
        "all nodes to be ready",
        seconds=90,
        check=check,
    )
