"""The stages that many modules share: only those that the present module needs are up.

A stage that idles takes its part of the cores from the tests that run.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import pytest

from playground.lab import Lab
from playground.stage import Stage

S = TypeVar("S", bound=Stage)


class Kind(StrEnum):
    """Which stage; the name of the fixture that gives it."""

    USUAL = "stage"
    BROKEN = "broken_stage"


@dataclass
class SharedStages:
    """What is up, and how long it stays so."""

    _up: dict[Kind, Stage] = field(default_factory=dict)

    def get(self, kind: Kind, opened: Callable[[], S]) -> S:
        """Return the stage of that kind, opened now if it is not up."""
        found = self._up.get(kind)
        if found is None:
            self._up[kind] = made = opened()
            return made
        return found  # type: ignore[return-value]  # each kind has one fixture that opens it

    def keep(self, kinds: Collection[Kind]) -> None:
        """Take down all others."""
        for kind in [kind for kind in self._up if kind not in kinds]:
            self._up.pop(kind).stop()


_SHARED = pytest.StashKey[SharedStages]()
_NEEDED = pytest.StashKey[dict[Path, set[Kind]]]()


def needed_by(item: pytest.Item) -> set[Kind]:
    """Return the shared stages that a test uses; a module may have another `stage` of its own."""
    names = item.fixturenames if isinstance(item, pytest.Function) else []
    return {kind for kind in Kind if kind in names} if "shared_stages" in names else set()


@pytest.fixture(scope="session")
def shared_stages(swarm: Lab, request: pytest.FixtureRequest) -> Iterator[SharedStages]:
    """Those of this process; the lab outlives them."""
    del swarm
    shared = request.config.stash.setdefault(_SHARED, SharedStages())
    yield shared
    shared.keep(())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Learn which module needs which."""
    needed = config.stash.setdefault(_NEEDED, {})
    for item in items:
        needed.setdefault(item.path, set()).update(needed_by(item))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Take down what a module that needs the cores, too, does not use."""
    shared = item.config.stash.get(_SHARED, None)
    if shared is not None and item.get_closest_marker("swarm"):
        shared.keep(item.config.stash[_NEEDED][item.path])
