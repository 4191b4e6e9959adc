"""Where the demo plays: on real engines, or on a simulated swarm that it says is one."""

from typing import NoReturn

from playground.demo.ground import chosen
from playground.lab import CannotRunError, Lab
from playground.simulator.lab import SimulatedLab


def nothing_missing() -> None:
    """Install nothing, for all is there."""


def not_asked() -> NoReturn:
    raise AssertionError("this machine is left alone")


def test_where_an_engine_can_run_it_plays_on_real_ones() -> None:
    ground, told = chosen(simulated=False, why=lambda: None, install=nothing_missing)
    assert isinstance(ground, Lab)
    assert "SIMULATED" not in told


def test_where_no_engine_can_run_it_plays_on_a_simulated_swarm_and_says_why() -> None:
    ground, told = chosen(simulated=False, why=lambda: "this is macOS", install=not_asked)
    assert isinstance(ground, SimulatedLab)
    assert told.startswith("No Docker engine can run here (this is macOS), ")
    assert "a SIMULATED swarm" in told


def test_where_no_engine_can_be_installed_it_plays_on_a_simulated_swarm_and_says_why() -> None:
    def install() -> None:
        raise CannotRunError("there is no apt-get")

    ground, told = chosen(simulated=False, why=lambda: None, install=install)
    assert isinstance(ground, SimulatedLab)
    assert told.startswith("No Docker engine can run here (there is no apt-get), ")
    assert "a SIMULATED swarm" in told


def test_who_wants_a_simulated_swarm_gets_one_and_nothing_is_looked_at() -> None:
    ground, told = chosen(simulated=True, why=not_asked, install=not_asked)
    assert isinstance(ground, SimulatedLab)
    assert told.startswith("Docker is left alone (as you wish), ")
