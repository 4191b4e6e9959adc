"""`docker node update`: the same spec of the node after every line."""

from collections.abc import Iterator
from typing import Any

import pytest

from playground.lab import Lab
from tests.parity.engine import RawEngine
from tests.parity.twins import Twins, on_lab
from tests.parity.worlds import World

NODE = "n2"
LINES = (
    "--availability pause",
    "--label-add env=test --label-add x",
    "--label-add env=prod --label-rm x",
    "--label-add y=1 --label-rm y",
    "--label-rm env",
    "--role worker --availability active",
)


@pytest.fixture
def working(swarm: Lab) -> Iterator[Twins]:
    """Both worlds, on nodes that take tasks."""
    twins = on_lab(swarm)
    yield twins
    assert not twins.cli.run(f"docker node update --availability active {NODE}")
    for label in ("env", "x", "y"):
        twins.cli.run(f"docker node update --label-rm {label} {NODE}")


def _spec(engine: RawEngine) -> dict[str, Any]:
    spec: dict[str, Any] = engine.ask("GET", f"/nodes/{NODE}").json["Spec"]
    return spec


def _left(engine: RawEngine, world: World) -> list[dict[str, Any]]:
    """Return what each line leaves."""
    left = []
    for line in LINES:
        assert not world.run(f"docker node update {line} {NODE}"), line
        left.append(_spec(engine))
    return left


def test_node_update(working: Twins) -> None:
    start = _spec(working.engine)
    theirs = _left(working.engine, working.cli)
    assert theirs[-1] == start
    assert theirs[1]["Labels"] == {"env": "test", "x": ""}
    assert _left(working.engine, working.waggle) == theirs
