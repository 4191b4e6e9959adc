"""The Engine as the suite reads it: raw, by HTTP, and by nobody's adapter."""

import json
from typing import Any, Protocol, TypeVar

from tests.contract.engine_peers import Engine, Place

T = TypeVar("T")


class Ground(Protocol):
    """Where a swarm is."""

    @property
    def registry(self) -> str: ...

    def docker_host(self, i: int = 1) -> str: ...


class RawEngine(Engine):
    """One Engine, spoken to in a version of the API that hides no field of it."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        told = self.plain("GET", "/version").json
        self.release, self.api = str(told["Version"]), str(told["ApiVersion"])

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        return self.plain(method, f"/v{self.api}{path}", body, **query)

    def spec_of(self, name: str) -> dict[str, Any] | None:
        """Return a service's spec, None if there is no such service."""
        answer = self.ask("GET", f"/services/{name}")
        spec: dict[str, Any] | None = answer.json["Spec"] if answer.status == 200 else None
        return spec

    def fresh(self, name: str) -> dict[str, int]:
        """Return task id → slot of those that the Engine calls up to date."""
        return self._tasks(name, **{"_up-to-date": ["true"]})

    def living(self, name: str) -> dict[str, int]:
        """Return task id → slot of those that shall run."""
        return self._tasks(name, **{"desired-state": ["running", "ready"]})

    def _tasks(self, name: str, **asked: list[str]) -> dict[str, int]:
        chosen = json.dumps({"service": [name], **asked})
        found = self.ask("GET", "/tasks", filters=chosen)
        return {task["ID"]: task.get("Slot", 0) for task in found.json}

    def remove(self, name: str) -> None:
        """Remove a service, if it is there."""
        self.ask("DELETE", f"/services/{name}")
