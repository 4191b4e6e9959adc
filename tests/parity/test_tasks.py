"""The same tasks are replaced, and the same ones kept, seen by tasks that run.

The rest of the suite asks the Engine which tasks are still right and starts none; here they run, of
all cases at once, and what stays is what has still the same id when all is quiet again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from playground.lab import Lab
from tests.parity.engine import RawEngine
from tests.parity.twins import Twins, on_lab, things
from tests.parity.walks import created, updated
from tests.parity.worlds import World
from tests.waiting import eventually

_BASE = "--update-parallelism 0 --restart-delay 1s"
_ON_N1 = "node.hostname==n1"
_PORTS = {"cli": 18090, "waggle": 18091}
Kept = dict[str, set[str]]


@dataclass(frozen=True)
class Case:
    """A change, and how many tasks stay; `{port}` is a free one."""

    change: str
    kept: int
    base: str = "--replicas 2"


CASES = {
    "label": Case("--label-add a=1", 2),
    "pace": Case("--update-delay 1s --update-order start-first", 2),
    "more": Case("--replicas 3", 2),
    "fewer": Case("--replicas 1", 1),
    "image": Case("--image {reg}/httpd:v2", 0),
    "env": Case("--env-add A=1", 0),
    "start-first": Case("--env-add A=1 --update-order start-first", 0),
    "force": Case("--force", 0),
    "port": Case("--publish-add published={port},target=80,mode=host", 0),
    "network": Case("--network-add back", 0),
    "met": Case("--constraint-add node.id!=nobody", 2),
    "unmet": Case(
        f"--constraint-rm {_ON_N1} --constraint-add node.hostname==n2",
        0,
        f"--replicas 1 --constraint {_ON_N1}",
    ),
    "freed": Case(f"--constraint-rm {_ON_N1}", 1, f"--replicas 1 --constraint {_ON_N1}"),
    "spread": Case("--placement-pref-add spread=node.id", 2),
    "global": Case("--limit-pids 90", 0, "--mode global"),
    "global-label": Case("--label-add a=1", 3, "--mode global"),
}


@pytest.fixture(scope="module")
def running(swarm: Lab) -> Iterator[Twins]:
    twins = on_lab(swarm)
    with things(twins.engine):
        yield twins


def _slots(engine: RawEngine, name: str) -> dict[str, str]:
    """Return slot, or node → task id, when all tasks of a service run what it says."""
    tasks = engine.tasks(name, desired__state=["running", "ready"])
    fresh = engine.fresh(name)
    mode = engine.service(name)["Spec"]["Mode"]
    wanted = mode["Replicated"]["Replicas"] if "Replicated" in mode else 3
    right = [task for task in tasks if task["ID"] in fresh and task["Status"]["State"] == "running"]
    if len(right) != wanted or len(tasks) != wanted:
        return {}
    return {str(task.get("Slot") or task["NodeID"]): task["ID"] for task in right}


def _all_quiet(engine: RawEngine, names: dict[str, str]) -> dict[str, dict[str, str]]:
    return {
        case: eventually(lambda name=name: _slots(engine, name), name)  # type: ignore[misc]
        for case, name in names.items()
    }


def _say(world: World, line: str) -> None:
    refused = world.run(line)
    assert not refused, f"{line}: {refused}"


def _kept(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> Kept:
    return {
        case: {slot for slot, task in slots.items() if after[case].get(slot) == task}
        for case, slots in before.items()
    }


def _all_at_once(twins: Twins, names: dict[str, dict[str, str]]) -> dict[str, Kept]:
    """Return who → case → the slots whose task stayed."""
    registry = twins.engine.registry
    worlds: dict[str, World] = {"cli": twins.cli, "waggle": twins.waggle}
    for who, case, name in _each(names):
        _say(worlds[who], created(f"{_BASE} {CASES[case].base}", name=name).format(reg=registry))
    before = {who: _all_quiet(twins.engine, of) for who, of in names.items()}
    for who, case, name in _each(names):
        line = updated(CASES[case].change, name)
        _say(worlds[who], line.format(reg=registry, port=_PORTS[who]))
    after = {who: _all_quiet(twins.engine, of) for who, of in names.items()}
    return {who: _kept(before[who], after[who]) for who in names}


def _each(names: dict[str, dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    for who, of in names.items():
        for case, name in of.items():
            yield who, case, name


@pytest.mark.timeout(300)
def test_the_same_tasks_are_replaced(running: Twins) -> None:
    names = {who: {case: f"tasks-{case}-{who}" for case in CASES} for who in _PORTS}
    try:
        seen = _all_at_once(running, names)
    finally:
        for _, _, name in _each(names):
            running.engine.remove(name)
    theirs, ours = seen["cli"], seen["waggle"]
    expected = {case: each.kept for case, each in CASES.items()}
    assert {case: len(slots) for case, slots in theirs.items()} == expected
    assert {case: len(slots) for case, slots in ours.items()} == expected
    del theirs["fewer"]  # Swarm chooses which slot goes
    assert ours.items() >= theirs.items()
