"""Which calls are those of the steward's looks."""

import pytest

from bench.watch import of_looks


def test_the_calls_of_looks_are_told_from_those_of_heartbeats_and_inventory() -> None:
    looks, inventory, beats = 40, 4, 16
    made = {
        "GET /services": looks + inventory,
        "GET /tasks": 2 * looks,
        "GET /nodes": looks + inventory + beats,
        "GET /networks": inventory,
    }
    assert of_looks(made, looks) == 4 * looks
    with pytest.raises(RuntimeError, match="40 looks, but the nodes were asked for 43 times"):
        of_looks({**made, "GET /nodes": 43}, looks)
