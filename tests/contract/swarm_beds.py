"""The swarms that the contract is held against: in memory, simulated over HTTP, and real."""

import itertools
import time
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

import docker
import pytest

from bot.domain.jsontypes import Spec
from bot.ports import ImageRegistry, NotFoundError, Swarm
from playground.lab import Lab
from playground.simulator.server import LocalSimulator
from tests.fakes.clock import FakeClock
from tests.fakes.swarm import FakeSwarm
from tests.waiting import PATIENCE, TooLateError
from workers.engine import EngineAddress, connect
from workers.registry import HttpImageRegistry

SECOND = 1_000_000_000
T = TypeVar("T")
_NUMBERS = itertools.count(1)


class Bed(Protocol):
    """A swarm of three nodes n1 n2 n3, n1 the manager, and its registry."""

    @property
    def swarm(self) -> Swarm:
        """The swarm."""
        ...

    @property
    def registry(self) -> ImageRegistry:
        """The registry of `image`."""
        ...

    def image(self, tag: str) -> str:
        """Return the reference of an image of the lab (playground/lab/images.py)."""
        ...

    def silent_image(self) -> str:
        """Return a reference at a registry that does not answer, from now on."""
        ...

    def keep(self, kind: str, name: str) -> str:
        """Make a `secret` or a `config` as another tool would; return its id."""
        ...

    def power(self, i: int, *, on: bool) -> None:
        """Cut the power of node i, or boot it again; the swarm notices a moment later."""
        ...

    def until(self, check: Callable[[], T], seconds: float = 40) -> T:
        """Return the first true value of `check`; fail after so many seconds of the swarm."""
        ...


def _kept_at(host: str, kind: str, name: str) -> str:
    client = docker.APIClient(base_url=host, version="auto")
    try:
        make = client.create_secret if kind == "secret" else client.create_config
        return str(make(name, b"hunter2")["ID"])
    finally:
        client.close()


class FakeBed:
    """In memory."""

    def __init__(self) -> None:
        self._clock = FakeClock()
        self.swarm = FakeSwarm(self._clock)
        self.registry = self.swarm
        built = {"created": self._clock.now() - timedelta(days=1), "size": 6_700_000}
        for tag in ("v1", "v2", "latest"):
            self.swarm.add_image(self.image(tag), **built)
        self.swarm.add_image(
            self.image("crash"),
            ends_in=timedelta(seconds=0.2),
            exit_code=1,
            log=("crash: no database at db:5432",),
        )
        self.swarm.add_image(self.image("sick"), ends_in=timedelta(seconds=3), exit_code=3)
        self.swarm.add_image(self.image("health"), healthy_in=timedelta(seconds=1))
        self.swarm.add_image(self.image("unhealthy"), unhealthy_in=timedelta(seconds=2))

    def image(self, tag: str) -> str:
        return f"registry.test:5000/httpd:{tag}"

    def silent_image(self) -> str:
        self.swarm.registry_away = True
        return "127.0.0.1:9/httpd:v1"

    def keep(self, kind: str, name: str) -> str:
        return self.swarm.add_secret(name) if kind == "secret" else self.swarm.add_config(name)

    def power(self, i: int, *, on: bool) -> None:
        (self.swarm.node_up if on else self.swarm.node_down)(f"n{i}")

    def until(self, check: Callable[[], T], seconds: float = 40) -> T:
        for _ in range(int(seconds * 10)):
            found = check()
            if found:
                return found
            self._clock.advance(0.1)
        raise AssertionError("it did not come to be")


class SimulatedBed:
    """The simulator (playground/simulator) behind the real adapters, on a clock of the test's."""

    def __init__(self, simulator: LocalSimulator) -> None:
        self._simulator = simulator
        self.swarm = connect(EngineAddress(host=simulator.docker_host))
        self.registry = HttpImageRegistry(lambda _: None, self.swarm.is_insecure_registry)

    def image(self, tag: str) -> str:
        return f"{self._simulator.registry}/httpd:{tag}"

    def silent_image(self) -> str:
        return "127.0.0.1:9/httpd:v1"

    def keep(self, kind: str, name: str) -> str:
        return _kept_at(self._simulator.docker_host, kind, name)

    def power(self, i: int, *, on: bool) -> None:
        self._simulator.control("node", name=f"n{i}", up=on)

    def until(self, check: Callable[[], T], seconds: float = 40) -> T:
        for _ in range(int(seconds * 10)):
            found = check()
            if found:
                return found
            self._simulator.control("advance", seconds=0.1)
        raise AssertionError("it did not come to be")


class RealBed:
    """Real engines."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.swarm = connect(EngineAddress(host=lab.docker_host()))
        self.registry = HttpImageRegistry(lambda _: None, self.swarm.is_insecure_registry)

    def image(self, tag: str) -> str:
        return f"{self._lab.registry}/httpd:{tag}"

    def silent_image(self) -> str:
        return "127.0.0.1:9/httpd:v1"

    def keep(self, kind: str, name: str) -> str:
        return _kept_at(self._lab.docker_host(), kind, name)

    def power(self, i: int, *, on: bool) -> None:
        (self._lab.start if on else self._lab.kill)(i)

    def until(self, check: Callable[[], T], seconds: float = PATIENCE) -> T:
        deadline = time.monotonic() + seconds
        while True:
            found = check()
            if found:
                return found
            if time.monotonic() >= deadline:
                raise TooLateError("it did not come to be")
            time.sleep(0.1)


class Trial:
    """One test's use of a bed: names of its own, removed at the end."""

    def __init__(self, bed: Bed) -> None:
        self.bed = bed
        self.swarm = bed.swarm
        self._services: list[str] = []
        self._networks: list[str] = []
        self._unavailable: set[str] = set()
        self._off: set[int] = set()

    def name(self) -> str:
        """Return a name that no other test uses."""
        return f"contract-{next(_NUMBERS)}"

    def spec(self, tag: str = "v1", replicas: int | None = 2, **more: Any) -> Spec:
        """Return a spec that fails and ends fast; further keywords go to TaskTemplate."""
        resolved = self.swarm.resolve_image(self.bed.image(tag))
        return {
            "Name": self.name(),
            "Labels": {},
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": resolved.reference,
                    "StopGracePeriod": SECOND,
                    "Isolation": "default",  # the Engine echoes both words, so say them
                },
                "Runtime": "container",
                "RestartPolicy": {"Condition": "any", "Delay": SECOND, "MaxAttempts": 0},
                "Placement": {"Platforms": list(resolved.platforms)},
                **more,
            },
            "Mode": {"Global": {}} if replicas is None else {"Replicated": {"Replicas": replicas}},
            "UpdateConfig": self.policy("pause"),
            "RollbackConfig": self.policy("pause"),
            "EndpointSpec": {"Mode": "vip"},
        }

    def policy(self, action: str, watched: int = 2) -> dict[str, Any]:
        """Return an update policy: one at a time, watched for so many seconds.

        What has to fail within them needs more on a busy machine; it costs no time, since a failure
        is acted on at once.
        """
        return {
            "Parallelism": 1,
            "FailureAction": action,
            "Monitor": watched * SECOND,
            "MaxFailureRatio": 0,
            "Order": "stop-first",
        }

    def create(self, spec: Spec) -> str:
        """Create a service."""
        made = self.swarm.create_service(spec)
        self._services.append(made)
        return made

    def running(self, spec: Spec) -> str:
        """Create a service and wait until all its tasks run."""
        made = self.create(spec)
        wanted = (spec["Mode"].get("Replicated") or {"Replicas": 3})["Replicas"]
        self.until_tasks(made, lambda states: states == ["running"] * wanted)
        return made

    def until_tasks(self, service_id: str, check: Callable[[list[str]], bool]) -> None:
        """Wait until the states of the up-to-date tasks are so, and there are no others."""

        def seen() -> bool:
            tasks = self.swarm.tasks([service_id])
            fresh = all(task.up_to_date for task in tasks)
            return fresh and check([task.state for task in tasks])

        self.bed.until(seen)

    def edit(self, service_id: str, edit: Callable[[Spec], None]) -> None:
        """Change the live spec."""
        live = self.swarm.service(service_id)
        edit(live.spec)
        self.swarm.update_service(service_id, live.version, live.spec)

    def go_to(self, service_id: str, tag: str) -> None:
        """Change the image."""
        reference = self.swarm.resolve_image(self.bed.image(tag)).reference
        self.edit(
            service_id,
            lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Image=reference),
        )

    def until_state(self, service_id: str, state: str) -> str:
        """Wait for an UpdateStatus; return its message."""
        return self.until_one_of(service_id, {state})[1]

    def until_one_of(self, service_id: str, states: Collection[str]) -> tuple[str, str]:
        """Wait for an UpdateStatus of some; return it and its message."""
        seen: list[tuple[str, str]] = []

        def found() -> tuple[str, str] | None:
            service = self.swarm.service(service_id)
            now = (service.update_state.value, service.update_message)
            if seen[-1:] != [now]:
                seen.append(now)
            return now if now[0] in states else None

        try:
            return self.bed.until(found) or ("", "")
        except AssertionError:
            raise AssertionError(f"never {' or '.join(states)}, but {seen}") from None

    def network(self, **body: Any) -> tuple[str, str]:
        """Create an overlay network; return its name and id."""
        name = self.name()
        made = self.swarm.create_network({"Name": name, "Driver": "overlay", **body})
        self._networks.append(made)
        return name, made

    def make_available(self, hostname: str, word: str) -> None:
        """Make a node `active`, `pause` or `drain`; at the end it is active again."""
        self._unavailable.add(hostname)
        node = self.swarm.node(hostname)
        self.swarm.update_node(node.id, node.version, {**node.spec, "Availability": word})

    def lose(self, i: int) -> None:
        """Cut the power of node i and wait until the swarm has noticed; at the end it is back."""
        self._off.add(i)
        self.bed.power(i, on=False)
        self._until_status(i, "down")

    def find_again(self, i: int) -> None:
        """Boot a lost node and wait until it is ready."""
        self.bed.power(i, on=True)
        self._off.discard(i)
        self._until_status(i, "ready")

    def _until_status(self, i: int, status: str) -> None:
        self.bed.until(lambda: self.swarm.node(f"n{i}").status == status)

    def clean(self) -> None:
        """Remove what is left."""
        for i in sorted(self._off):
            self.find_again(i)
        for hostname in sorted(self._unavailable):
            self.make_available(hostname, "active")
        for service in self._services:
            try:
                self.swarm.remove_service(service)
            except NotFoundError:
                continue
        for network in self._networks:
            self.bed.until(partial(self._gone, network))

    def _gone(self, network_id: str) -> bool:
        try:
            self.swarm.remove_network(network_id)
        except NotFoundError:
            return True
        return False


def trial(bed: Bed) -> Iterator[Trial]:
    """Yield a trial and clean up after it."""
    it = Trial(bed)
    try:
        yield it
    finally:
        it.clean()


class OnFake:
    """A contract held by the swarm in memory."""

    @pytest.fixture
    def lab(self) -> Iterator[Trial]:
        yield from trial(FakeBed())


class OnSimulator:
    """A contract held by the simulated swarm."""

    @pytest.fixture
    def lab(self, simulator: LocalSimulator) -> Iterator[Trial]:
        yield from trial(SimulatedBed(simulator))


class OnDocker:
    """A contract held by real Engines."""

    @pytest.fixture
    def lab(self, swarm: Lab) -> Iterator[Trial]:
        yield from trial(RealBed(swarm))
