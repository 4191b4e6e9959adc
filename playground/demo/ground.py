"""Where the demo plays: on real engines where they can run, else on a simulated swarm."""

from collections.abc import Callable

from playground.lab import CannotRunError, Lab, packages, why_not
from playground.simulator.lab import SimulatedLab
from playground.stage import Ground

_REAL = "Starting three Docker engines, a registry, a workspace, bot and worker …"
_WANTED = "as you wish"


def chosen(
    *,
    simulated: bool,
    why: Callable[[], str | None] = why_not,
    install: Callable[[], None] = packages.install,
) -> tuple[Ground, str]:
    """Return a swarm that is not up yet, and a line that says which it is, and why."""
    reason = _WANTED if simulated else why() or _not_installed(install)
    if reason is None:
        return Lab.auto(), _REAL
    told = "Docker is left alone" if simulated else "No Docker engine can run here"
    words = "a SIMULATED swarm: its rules are SwarmKit's, but no container runs"
    return SimulatedLab(), f"{told} ({reason}), so this plays on {words}."


def _not_installed(install: Callable[[], None]) -> str | None:
    try:
        install()
    except CannotRunError as error:
        return str(error)
    return None
