"""Who runs which test file, and in which order: where some share two cores, it makes minutes.

The last of the processes runs the unit tests, and only when nobody else wants the cores: those who
wait for a swarm leave them half of the time. The others begin with the longest files, and run those
together that share a stage.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from tests.scenario.shared import needed_by

LONGEST = (
    "tests/chaos/test_storm.py",
    "tests/scenario/test_deployed.py",
    "tests/scenario/test_recovery_approvals.py",
    "tests/parity/test_flags.py",
    "tests/scenario/test_void_and_frozen.py",
    "tests/chaos/test_slack_away.py",
)
"""Files that take minutes: begun first, else the others wait for them at the end."""
_SMALL = "tests/unit/"
_NICE = 10


@pytest.hookimpl(trylast=True)  # after pytest-randomly has shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, then those together that share a stage, else as they come."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    items[:] = [
        item for name in sorted(files, key=lambda n: _turn(n, files)) for item in files[name]
    ]


def _turn(name: str, files: Mapping[str, Sequence[pytest.Item]]) -> tuple[int, list[str]]:
    if name in LONGEST:
        return LONGEST.index(name), []
    return len(LONGEST), sorted({kind for item in files[name] for kind in needed_by(item)})


class OneForTheSmall(LoadFileScheduling):  # type: ignore[misc]
    """Gives the last process the unit tests; the others get them when nothing else is left."""

    def _assign_work_unit(self, node: Any) -> None:
        wanted = [scope for scope in self.workqueue if is_small(scope) is self._is_for_them(node)]
        if wanted:
            self.workqueue.move_to_end(wanted[0], last=False)
        super()._assign_work_unit(node)

    def schedule(self) -> None:
        is_late = self.collection is not None
        super().schedule()
        if is_late:  # who takes the place of one that died begins only when it knows two
            super().schedule()

    def remove_node(self, node: Any) -> str | None:
        """Forget what one that died has done: xdist 3.8 would hand it out again, as nothing."""
        given = self.assigned_work[node]
        for done in [scope for scope, tests in given.items() if all(tests.values())]:
            del given[done]
        crashed: str | None = super().remove_node(node)
        return crashed

    def _reschedule(self, node: Any) -> None:
        if self._is_for_them(node) and not any(map(is_small, self.workqueue)):
            if not node.shutting_down:
                node.shutdown()  # it ends when it has run what it has
            return
        super()._reschedule(node)

    def _is_for_them(self, node: Any) -> bool:
        return self.numnodes > 1 and str(node.gateway.id) == f"gw{self.numnodes - 1}"


def is_small(file: str) -> bool:
    """Tell whether a file is one of many that take a second and wait for nothing."""
    return file.startswith(_SMALL)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneForTheSmall | None:
    """Take the place of `--dist loadfile`."""
    return OneForTheSmall(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let the process of the unit tests have what the others leave."""
    me: Mapping[str, Any] = getattr(session.config, "workerinput", {})
    if me and me["workercount"] > 1 and me["workerid"] == f"gw{me['workercount'] - 1}":
        os.nice(_NICE)
