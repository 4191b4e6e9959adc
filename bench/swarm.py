"""What the simulated swarm itself costs: a thousand services of ten tasks on a hundred nodes."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import docker

from bench.figures import Table, median, percentile, shown
from bench.processes import pss_mib
from bench.simulated import Simulated, simulated

NAME = "swarm"
TITLES = ("The simulated swarm",)
NODES = 100
SIZES = (100, 1000)
REPLICAS = 10
_MS = 1000
_STEP = 0.5
_ROUNDS = 7
_SECOND = 1_000_000_000


def measure() -> list[Table]:
    """Fill a simulated swarm, and look at it."""
    with simulated(NODES, speed=0) as lab:
        empty = pss_mib(lab.pid)
        with closing(docker.APIClient(base_url=lab.docker_host(), version="1.41")) as engine:
            swarm = _Swarm(lab, engine)
            columns = [swarm.at(size) for size in SIZES]
    return [_table(empty, columns)]


def _table(empty: float, columns: Sequence[dict[str, float]]) -> Table:
    return Table(
        name=NAME,
        title=TITLES[0],
        about=(
            f"A process of its own with {NODES} nodes, {REPLICAS} tasks a service, asked by "
            "docker-py over its unix socket. Its time is skipped: an update's figure is what all "
            "its requests take and not what it would wait. Lists are timed to their last byte, "
            f"p50. Empty, the process has {shown(empty)} MiB."
        ),
        head=("what", *(f"{size:,} services, {size * REPLICAS:,} tasks" for size in SIZES)),
        rows=[(what, *(shown(column[what]) for column in columns)) for what in columns[0]],
    )


class _Swarm:
    """Hands to work it.

    Attributes:
        made: how many services there are.
    """

    def __init__(self, lab: Simulated, engine: docker.APIClient) -> None:
        self._lab = lab
        self._engine = engine
        self.made = 0

    def at(self, size: int) -> dict[str, float]:
        """Return what is measured with so many services, by its name."""
        creates = [_took(self._create) * _MS for _ in range(self.made, size)]
        starts = _took(lambda: self._lab.advance(_STEP * 2))
        self._check(size)
        return {
            "`POST /services/create`, p50, ms": median(creates),
            "`POST /services/create`, p99, ms": percentile(creates, 0.99),
            "the new ones start, all, s": starts,
            "`GET /services`, ms": self._lists("/services"),
            "`GET /tasks`, ms": self._lists("/tasks"),
            "`GET /tasks` of one service, ms": self._lists('/tasks?filters={"service":["web-0"]}'),
            "one update, two at a time, to its end, ms": median(
                [_took(lambda n=n: self._update(n)) * _MS for n in range(_ROUNDS)]  # type: ignore[misc]
            ),
            "memory, MiB": pss_mib(self._lab.pid),
        }

    def _create(self) -> None:
        spec = {
            "Name": f"web-{self.made}",
            "TaskTemplate": {
                "ContainerSpec": {"Image": f"{self._lab.registry}/httpd:v1"},
                "Placement": {},
            },
            "Mode": {"Replicated": {"Replicas": REPLICAS}},
            "UpdateConfig": {"Parallelism": 2, "Monitor": _SECOND, "FailureAction": "pause"},
        }
        self._ask("POST", "/services/create", spec)
        self.made += 1

    def _check(self, size: int) -> None:
        running = [t for t in self._engine.tasks() if t["Status"]["State"] == "running"]
        if len(running) != size * REPLICAS:
            raise RuntimeError(f"{len(running)} tasks run, not {size * REPLICAS}")

    def _lists(self, path: str) -> float:
        return median([_took(lambda: self._ask("GET", path)) * _MS for _ in range(_ROUNDS)])

    def _update(self, number: int) -> None:
        name = f"web-{number}"
        found = self._engine.inspect_service(name)
        spec = found["Spec"]
        before = spec["TaskTemplate"].get("ForceUpdate", 0)
        spec["TaskTemplate"]["ForceUpdate"] = before + 1
        version = found["Version"]["Index"]
        self._ask("POST", f"/services/{found['ID']}/update?version={version}", spec)
        while self._engine.inspect_service(name)["UpdateStatus"]["State"] != "completed":
            self._lab.advance(_STEP)

    def _ask(self, method: str, path: str, body: Any = None) -> None:
        url = f"{self._engine.base_url}/v1.41{path}"
        self._engine.request(method, url, json=body, timeout=60).raise_for_status()


def _took(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
