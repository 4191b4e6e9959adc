"""What is read of the Engine's tasks, one after the other: most of the JSON serves nobody.

A task's spec is repeated in each of its tasks. Read as a whole, the tasks of hundreds of live
rollouts took many times the memory of what is kept of them, and a process does not give that back.
Field names: Engine API, GET /tasks.
"""

import json
import re
from collections.abc import Generator, Iterator
from typing import Any, Final, cast

from pydantic import TypeAdapter
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


_TASK: Final[TypeAdapter[Any]] = TypeAdapter(_Task)
_NAME: Final[TypeAdapter[Any]] = TypeAdapter(_Named)
_JSON: Final = json.JSONDecoder()
_GAP: Final = re.compile(r"[ \t\r\n]*")


def raw_tasks(body: bytes) -> Iterator[JsonObject]:
    """Yield the tasks of a GET /tasks, for `task_view`. Raises EngineUnavailableError."""
    return cast("Iterator[JsonObject]", _read(_TASK, body))


def task_ids(body: bytes) -> set[str]:
    """Return the ids alone. Raises EngineUnavailableError."""
    return {task["ID"] for task in _read(_NAME, body)}


def _read(adapter: TypeAdapter[Any], body: bytes) -> Iterator[Any]:
    try:
        for each in _each(body.decode()):
            yield adapter.validate_python(each)
    except (ValueError, RecursionError) as error:  # of the JSON, how deep it is, or pydantic's
        # not its text: it quotes what it could not read
        raise EngineUnavailableError("the Engine's list of tasks cannot be read") from error


def _each(text: str) -> Iterator[Any]:
    """Yield what stands in a JSON list, or nothing of `null`. Raises ValueError."""
    at = _past(text, 0)
    if text.startswith("null", at):
        at = _past(text, at, "null")
    else:
        at = yield from _members(text, at)
    if at != len(text):
        raise ValueError("more than the JSON of a list")


def _members(text: str, at: int) -> Generator[Any, None, int]:
    """Yield what stands in the list, and return where it goes on behind it. Raises ValueError."""
    at = _past(text, at, "[")
    more = not text.startswith("]", at)
    while more:
        value, end = _JSON.raw_decode(text, at)
        yield value
        at = _past(text, end)
        more = text.startswith(",", at)
        if more:
            at = _past(text, at, ",")
    return _past(text, at, "]")


def _past(text: str, at: int, mark: str = "") -> int:
    """Return where it goes on after this mark and the spaces behind it. Raises ValueError."""
    if not text.startswith(mark, at):
        raise ValueError("not the JSON of a list")
    gap = _GAP.match(text, at + len(mark))
    return gap.end() if gap else at
