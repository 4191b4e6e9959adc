"""What is read of the Engine's tasks: the rest of the JSON, most of it, never becomes objects.

A task's spec is repeated in each of its tasks; with hundreds of live rollouts that was most of the
steward's memory. Field names: Engine API, GET /tasks.
"""

from typing import Any, cast

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from bot.domain.jsontypes import JsonObject
from bot.ports import EngineUnavailableError


class _ContainerStatus(TypedDict, total=False):
    ContainerID: str | None
    ExitCode: int | None


class _Status(TypedDict, total=False):
    State: str
    Message: str
    Err: str
    Timestamp: str
    ContainerStatus: _ContainerStatus | None


class _Container(TypedDict, total=False):
    Image: str
    Env: list[str] | None


class _Template(TypedDict, total=False):
    ContainerSpec: _Container | None


class _Iteration(TypedDict, total=False):
    Index: int


class _Named(TypedDict):
    ID: str


class _Task(_Named, total=False):
    ServiceID: str
    Slot: int
    NodeID: str
    DesiredState: str
    CreatedAt: str
    Status: _Status | None
    Spec: _Template | None
    JobIteration: _Iteration | None


_TASKS: TypeAdapter[Any] = TypeAdapter(list[_Task] | None)
_NAMES: TypeAdapter[Any] = TypeAdapter(list[_Named] | None)


def raw_tasks(body: bytes) -> list[JsonObject]:
    """Return the tasks of a GET /tasks, for `task_view`. Raises EngineUnavailableError."""
    return cast("list[JsonObject]", _read(_TASKS, body))


def task_ids(body: bytes) -> set[str]:
    """Return the ids alone. Raises EngineUnavailableError."""
    return {task["ID"] for task in _read(_NAMES, body)}


def _read(adapter: TypeAdapter[Any], body: bytes) -> list[Any]:
    try:
        return adapter.validate_json(body) or []
    except ValidationError as error:
        # not its text: it quotes what it could not read
        raise EngineUnavailableError("the Engine's list of tasks cannot be read") from error
