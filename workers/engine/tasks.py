"""Tasks of many services in few calls."""

from collections.abc import Sequence
from typing import Any

from bot.domain.jsontypes import JsonObject
from bot.domain.observation import TaskView
from bot.ports import EngineUnavailableError, NotFoundError
from workers.engine.calls import EngineCalls, filters
from workers.engine.views import job_iteration, task_view

BATCH = 200
"""Ids in one call: about 6 kB of URL."""

# `complete` is what Swarm wants of a job's task; a service's task never has it.
_WANTED = ["new", "ready", "running", "complete"]
_TRIES = 4


def list_services(calls: EngineCalls, ids: Sequence[str] | None) -> list[JsonObject]:
    """Return raw services: all, or those of these ids that exist."""
    if ids is None:
        return _list(calls.get("/services"))
    found: list[JsonObject] = []
    for batch in _batches(ids):
        found += _list(calls.get("/services", filters=filters(id=batch)))
    return [raw for raw in found if raw["ID"] in set(ids)]  # the filter takes prefixes


def list_tasks(
    calls: EngineCalls, service_ids: Sequence[str] | None, *, wanted: bool
) -> list[TaskView]:
    """Return tasks with the Engine's word on whether they are up to date: two calls a batch."""
    if service_ids is None:
        return _look(calls, None, wanted=wanted)
    views: list[TaskView] = []
    for batch in _batches(service_ids):
        views += _look_at_living(calls, batch, wanted=wanted)
    return views


def _look_at_living(calls: EngineCalls, ids: list[str], *, wanted: bool) -> list[TaskView]:
    # One id that is gone makes the whole call a 404: leave it out and ask again.
    for _ in range(_TRIES):
        if not ids:
            return []
        try:
            return _look(calls, ids, wanted=wanted)
        except NotFoundError:
            ids = [raw["ID"] for raw in list_services(calls, ids)]
    raise EngineUnavailableError("services disappear faster than they can be read")


def _look(calls: EngineCalls, ids: list[str] | None, *, wanted: bool) -> list[TaskView]:
    asked: dict[str, list[str]] = {"desired__state": _WANTED} if wanted else {}
    if ids is not None:
        asked["service"] = ids
    raws = _list(calls.get("/tasks", kind="service", filters=filters(**asked)))
    asked["_up__to__date"] = ["true"]
    fresh = _list(calls.get("/tasks", kind="service", filters=filters(**asked)))
    fresh_ids = {raw["ID"] for raw in fresh}
    newest = _newest_iterations(raws)
    return [
        task_view(raw, up_to_date=raw["ID"] in fresh_ids and _current(raw, newest))
        for raw in raws
        if not wanted or _current(raw, newest)
    ]


def _newest_iterations(raws: list[JsonObject]) -> dict[str, int]:
    newest: dict[str, int] = {}
    for raw in raws:
        iteration = job_iteration(raw)
        if iteration is not None:
            service = raw["ServiceID"]
            newest[service] = max(iteration, newest.get(service, 0))
    return newest


def _current(raw: JsonObject, newest: dict[str, int]) -> bool:
    # Tasks of a job's earlier runs stay in the list and count as up to date if the spec is equal.
    iteration = job_iteration(raw)
    return iteration is None or iteration == newest[raw["ServiceID"]]


def _list(raw: Any) -> list[JsonObject]:
    return list(raw or [])


def _batches(ids: Sequence[str]) -> list[list[str]]:
    unique = list(dict.fromkeys(ids))
    return [unique[start : start + BATCH] for start in range(0, len(unique), BATCH)]
