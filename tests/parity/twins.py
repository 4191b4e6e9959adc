"""Both worlds on one Engine, and what the lines of the suite name there."""

import base64
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import pytest

from playground.lab import Lab
from playground.simulator.lab import SimulatedLab
from tests.contract.engine_peers import RealPlace, SimulatedPlace
from tests.lab_fixtures import docker_process
from tests.parity.engine import RawEngine
from tests.parity.walks import NAME, Seen, differences, walk
from tests.parity.worlds import DockerCli, Waggle
from tests.waiting import eventually

_NETWORKS = ("back", "front", "aside")
_SECRETS = ("key", "cert")
_CONFIGS = ("site", "main")


@dataclass(frozen=True)
class Twins:
    """The docker CLI and Waggle, with one Engine."""

    engine: RawEngine
    cli: DockerCli
    waggle: Waggle

    def walk(self, lines: Sequence[str], name: str = NAME) -> tuple[list[Seen], list[Seen]]:
        """Walk in the docker CLI's world, then in Waggle's."""
        digests = self.cli.resolves_digests
        theirs = walk(self.cli, self.engine, lines, name, digests=digests)
        return theirs, walk(self.waggle, self.engine, lines, name, digests=digests)

    def part(self, lines: Sequence[str], name: str = NAME) -> str:
        """Return where the worlds part; empty if nowhere."""
        return self.parted(lines, *self.walk(lines, name))

    def parted(self, lines: Sequence[str], theirs: list[Seen], ours: list[Seen]) -> str:
        """Return where two walks part; empty if nowhere."""
        return differences(lines, theirs, ours)


def agree(twins: Twins, lines: Sequence[str], name: str = NAME) -> None:
    """Fail, with the lines and the diff, where the worlds part."""
    parted = twins.part(lines, name)
    if parted:
        pytest.fail(parted, pytrace=False)


def on_lab(lab: Lab) -> Twins:
    """Return both worlds on the lab's first manager."""
    return Twins(
        engine=RawEngine(RealPlace(lab)),
        cli=DockerCli(partial(docker_process, lab)),
        waggle=Waggle(lab),
    )


def on_simulator(lab: SimulatedLab) -> Twins:
    """Return both worlds on a simulated swarm, which may speak a newer API than the real one."""
    assert lab.simulator, "it is not up"
    return Twins(
        engine=RawEngine(SimulatedPlace(lab.simulator)),
        cli=DockerCli(partial(docker_process, lab)),
        waggle=Waggle(lab),
    )


@contextmanager
def idle_nodes(engine: RawEngine) -> Iterator[None]:
    """Let no node take tasks meanwhile."""
    _all_nodes(engine, "pause")
    try:
        yield
    finally:
        _all_nodes(engine, "active")


def _all_nodes(engine: RawEngine, availability: str) -> None:
    for node in engine.ask("GET", "/nodes").json:
        eventually(partial(_set, engine, node["ID"], availability), f"{node['ID']} {availability}")


def _set(engine: RawEngine, node_id: str, availability: str) -> bool:
    node = engine.ask("GET", f"/nodes/{node_id}").json
    spec = {**node["Spec"], "Availability": availability}
    version = node["Version"]["Index"]
    return bool(engine.ask("POST", f"/nodes/{node_id}/update", spec, version=version).status == 200)


@contextmanager
def things(engine: RawEngine) -> Iterator[None]:
    """Have the networks, secrets and configs that lines name."""
    secret = base64.b64encode(b"parity").decode()
    wanted = [
        *(("networks", {"Name": name, "Driver": "overlay"}) for name in _NETWORKS),
        *(("secrets", {"Name": name, "Data": secret}) for name in _SECRETS),
        *(("configs", {"Name": name, "Data": secret}) for name in _CONFIGS),
    ]
    with ExitStack() as stack:
        for kind, body in wanted:
            answer = engine.ask("POST", f"/{kind}/create", body)
            assert answer.status == 201, answer.body
            made = answer.json.get("ID") or answer.json["Id"]
            path = f"/{kind}/{made}"
            stack.callback(eventually, partial(_gone, engine, path), f"{path} is gone")
        yield


def _gone(engine: RawEngine, path: str) -> bool:
    return bool(engine.ask("DELETE", path).status in (200, 204, 404))
