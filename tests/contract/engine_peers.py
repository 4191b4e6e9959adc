"""The Engine API spoken raw, with a real engine or a simulated one at the other end."""

import http.client
import itertools
import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import pytest

from playground.lab import Lab
from playground.simulator.server import LocalSimulator
from tests.lab_fixtures import cannot_run

API = "/v1.41"
T = TypeVar("T")
_NUMBERS = itertools.count(1)


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("engine", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self._path)
        except OSError:
            self.sock.close()
            raise


class Answer:
    """What came back."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        return str(self.json["message"])

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines() if line]


class Place(Protocol):
    """Where an engine is."""

    def socket(self) -> str: ...
    def registry(self) -> str: ...
    def wait(self) -> None: ...


class RealPlace:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def socket(self) -> str:
        return self._lab.docker_host().removeprefix("unix://")

    def registry(self) -> str:
        return self._lab.registry

    def wait(self) -> None:
        time.sleep(0.1)


class SimulatedPlace:
    def __init__(self, simulator: LocalSimulator) -> None:
        self._simulator = simulator

    def socket(self) -> str:
        return self._simulator.options.socket

    def registry(self) -> str:
        return self._simulator.registry

    def wait(self) -> None:
        self._simulator.control("advance", seconds=0.1)


class Engine:
    """One test's talk with an engine; what it makes is removed at the end."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._made: list[str] = []

    @property
    def registry(self) -> str:
        return self._place.registry()

    def image(self, tag: str = "v1") -> str:
        return f"{self.registry}/httpd:{tag}"

    def name(self) -> str:
        """Return a name that no other test uses."""
        return f"peer-{next(_NUMBERS)}"

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """Ask below the versioned API; `filters` is written as JSON."""
        return self.plain(method, API + path, body, **query)

    def plain(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """Ask for a path as it is; a body of text goes as it is."""
        if isinstance(query.get("filters"), dict):
            query["filters"] = json.dumps(query["filters"])
        url = f"{path}?{urlencode(query)}" if query else path
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        connection = _Connection(self._place.socket())
        try:
            connection.request(method, url, text, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def spec(self, tag: str = "v1", replicas: int = 0, **template: Any) -> Any:
        """Return a small spec."""
        return {
            "Name": self.name(),
            "TaskTemplate": {
                "ContainerSpec": {"Image": self.image(tag), "StopGracePeriod": 10**9},
                "RestartPolicy": {"Condition": "any", "Delay": 10**9},
                "Placement": {},
                **template,
            },
            "Mode": {"Replicated": {"Replicas": replicas}},
            "UpdateConfig": {"Parallelism": 1, "Monitor": 10**9, "FailureAction": "pause"},
        }

    def make(self, kind: str, body: Any) -> str:
        """Create a service, network, secret or config and return its id."""
        answer = self.ask("POST", f"/{kind}/create", body)
        assert answer.status == 201, answer.body
        made = str(answer.json.get("ID") or answer.json["Id"])
        self._made.append(f"/{kind}/{made}")
        return made

    def service(self, ref: str, **query: Any) -> Any:
        """Return a service."""
        return self.ask("GET", f"/services/{ref}", **query).json

    def update(self, ref: str, edit: Callable[[Any], None], **query: Any) -> Answer:
        """Post a changed spec by the newest version."""
        live = self.service(ref)
        edit(live["Spec"])
        version = live["Version"]["Index"]
        return self.ask("POST", f"/services/{ref}/update", live["Spec"], version=version, **query)

    def tasks(self, ref: str, **filters: list[str]) -> list[Any]:
        """Return the tasks of a service."""
        named = {key.replace("__", "-"): value for key, value in filters.items()}
        found = self.ask("GET", "/tasks", filters={"service": [ref], **named}).json
        assert isinstance(found, list)
        return found

    def now(self) -> str:
        """Return the engine's time, for `until`."""
        told = str(self.ask("GET", "/info").json["SystemTime"])
        whole, _, fraction = told.removesuffix("Z").partition(".")
        seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
        return f"{seconds}.{fraction:0<9}"

    def until(self, check: Callable[[], T], tries: int = 400) -> T:
        """Return the first true value of `check`."""
        for _ in range(tries):
            found = check()
            if found:
                return found
            self._place.wait()
        raise AssertionError("it did not come to be")

    def running(self, ref: str, count: int) -> list[Any]:
        """Wait until so many tasks run, and return them."""

        def seen() -> list[Any] | None:
            tasks = self.tasks(ref, desired__state=["running"])
            states = [task["Status"]["State"] for task in tasks]
            return tasks if states == ["running"] * count else None

        return self.until(seen) or []

    def until_state(self, ref: str, state: str) -> Any:
        """Wait for an UpdateStatus and return it."""

        def seen() -> Any:
            status = self.service(ref).get("UpdateStatus") or {}
            return status if status.get("State") == state else None

        return self.until(seen)

    def clean(self) -> None:
        """Remove what was made, newest first."""
        for path in reversed(self._made):
            self.until(lambda path=path: self.ask("DELETE", path).status in (200, 204, 404))  # type: ignore[misc]


class OnSimulated:
    """A contract's engine: the simulated one."""

    @pytest.fixture
    def engine(self, simulator: LocalSimulator) -> Iterator[Engine]:
        made = Engine(SimulatedPlace(simulator))
        yield made
        made.clean()


class OnReal:
    """A contract's engine: a real one, of the release that the simulated one copies to the word."""

    @pytest.fixture
    def engine(self, swarm: Lab) -> Iterator[Engine]:
        made = Engine(RealPlace(swarm))
        speaks = made.plain("GET", "/version").json["ApiVersion"]
        if f"/v{speaks}" != API:
            cannot_run(f"this Docker speaks {speaks}, the simulated one answers as {API} does")
        yield made
        made.clean()
