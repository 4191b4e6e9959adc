"""Tasks of many services in few calls."""

import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from bot.domain.convergence.wanted import WANTED
from bot.domain.observation import ServiceView, TaskView
from bot.ports import EngineUnavailableError, NotFoundError
from workers.engine.calls import EngineCalls, filters
from workers.engine.failures import TooLongError
from workers.engine.raw_tasks import raw_tasks, task_ids
from workers.engine.views import service_view, task_view

_TRIES = 4
T = TypeVar("T")


def list_services(
    calls: EngineCalls, ids: Sequence[str] | None, *, who: str = ""
) -> list[ServiceView]:
    """Return services: all, or those of these ids that exist.

    The views of the latter are the same objects while nothing changes: for looking at only.
    `who` asks again and again for a list of their own; see `_batches`.
    """
    if ids is None:
        return [service_view(raw) for raw in calls.get("/services") or []]
    found = _in_batches(calls, (who, "services"), ids, partial(_services, calls))
    wanted = set(ids)
    return [view for view in found if view.id in wanted]  # the filter takes prefixes


def _services(calls: EngineCalls, question: Hashable, ids: list[str]) -> list[ServiceView]:
    asked = filters(id=ids)
    body = calls.body("/services", filters=asked)
    return calls.memo.made(question, (asked.encode(), body), partial(_service_views, body))


def _service_views(body: bytes) -> list[ServiceView]:
    try:
        return [service_view(raw) for raw in json.loads(body) or []]
    except ValueError as error:  # not its text: it quotes what it could not read
        raise EngineUnavailableError("the Engine's list of services cannot be read") from error


def list_tasks(
    calls: EngineCalls, service_ids: Sequence[str] | None, *, wanted: bool, who: str = ""
) -> list[TaskView]:
    """Return tasks with the Engine's word on whether they are up to date: two calls a batch."""
    if service_ids is None:
        return _look(calls, (who, "tasks"), None, wanted=wanted)
    ask = partial(_look_at_living, calls, wanted=wanted)
    return _in_batches(calls, (who, "tasks"), service_ids, ask)


def _look_at_living(
    calls: EngineCalls, question: Hashable, ids: list[str], *, wanted: bool
) -> list[TaskView]:
    # One id that is gone makes the whole call a 404: leave it out and ask again.
    for _ in range(_TRIES):
        if not ids:
            return []
        try:
            return _look(calls, question, ids, wanted=wanted)
        except NotFoundError:
            ids = [view.id for view in list_services(calls, ids)]
    raise EngineUnavailableError("services disappear faster than they can be read")


def _look(
    calls: EngineCalls, question: Hashable, ids: list[str] | None, *, wanted: bool
) -> list[TaskView]:
    asked: dict[str, list[str]] = {"desired__state": list(WANTED)} if wanted else {}
    if ids is not None:
        asked["service"] = ids
    every, up_to_date = filters(**asked), filters(**asked, _up__to__date=["true"])
    body = calls.body("/tasks", kind="service", filters=every)
    fresh = calls.body("/tasks", kind="service", filters=up_to_date)
    make = partial(_task_views, body, fresh, wanted=wanted)
    return calls.memo.made((question, wanted), (every.encode(), body, fresh), make)


def _task_views(body: bytes, fresh: bytes, *, wanted: bool) -> list[TaskView]:
    fresh_ids = task_ids(fresh)
    views = [task_view(raw, up_to_date=raw["ID"] in fresh_ids) for raw in raw_tasks(body)]
    newest = _newest_iterations(views)
    return [
        view if _current(view, newest) else replace(view, up_to_date=False)
        for view in views
        if not wanted or _current(view, newest)
    ]


def _newest_iterations(views: list[TaskView]) -> dict[str, int]:
    newest: dict[str, int] = {}
    for view in views:
        if view.job_iteration is not None:
            known = newest.get(view.service_id, 0)
            newest[view.service_id] = max(view.job_iteration, known)
    return newest


def _current(view: TaskView, newest: dict[str, int]) -> bool:
    # Tasks of a job's earlier runs stay in the list and count as up to date if the spec is equal.
    return view.job_iteration is None or view.job_iteration == newest[view.service_id]


def _in_batches(
    calls: EngineCalls,
    about: Hashable,
    ids: Sequence[str],
    ask: Callable[[Hashable, list[str]], list[T]],
) -> list[T]:
    """Ask for all in few calls; in smaller ones from now on where the URL was found too long."""
    unique = list(dict.fromkeys(ids))
    try:
        return [each for batch in _batches(about, unique, calls.batch) for each in ask(*batch)]
    except TooLongError:
        if not calls.asks_for_fewer(len(unique)):
            raise
    return _in_batches(calls, about, unique, ask)


def _batches(about: Hashable, unique: list[str], most: int) -> Iterator[tuple[Hashable, list[str]]]:
    """Yield so many ids at once, each time with what the memo knows the question by.

    That is what it is about and the batch's number, and no id: some are others with each rollout
    that begins or ends, the first too, and then no list from before is of any more use. Of what is
    asked for a single service (failures, plans) the last is known, in a place of its own: else
    each would be held for a minute, or drive out the list of all live rollouts.
    """
    is_one = len(unique) == 1
    for start in range(0, len(unique), most):
        yield (about, is_one, start), unique[start : start + most]
