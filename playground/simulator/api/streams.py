"""Answers that come bit by bit: logs in frames, events as lines of JSON."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from aiohttp import web

from playground.simulator.api.call import Call
from playground.simulator.api.filters import Filters
from playground.simulator.api.shapes import moment
from playground.simulator.api.tasks import by_ref
from playground.simulator.encoded import encode
from playground.simulator.model.occurrences import Occurrence
from playground.simulator.model.refusals import RefusedError
from playground.simulator.model.state import Json, Task

_BEAT = 0.05
"""Seconds between two looks at what is new."""
_STREAMS = {"stdout": 1, "stderr": 2}
_KINDS = ("service", "node", "network", "secret", "config")


async def service_logs(call: Call) -> web.StreamResponse:
    """GET /services/{ref}/logs."""
    service = call.simulation.services.find(call.ref)
    return await _logs(call, lambda: call.simulation.world.of(service))


async def task_logs(call: Call) -> web.StreamResponse:
    """GET /tasks/{ref}/logs."""
    task = by_ref(call)
    return await _logs(call, lambda: [task])


async def _logs(call: Call, tasks: Callable[[], Iterable[Task]]) -> web.StreamResponse:
    streams = {name for name in _STREAMS if call.flag(name)}
    if not streams:
        raise RefusedError(500, "Bad parameters: you must choose at least one stream")
    tail, since = _tail(call.text("tail")), _moment(call.text("since"))
    shown: dict[str, int] = {}

    def fresh(last: int | None) -> bytes:
        lines: list[tuple[datetime, bytes]] = []
        for task in tasks():
            new = task.log[shown.get(task.id, 0) :]
            shown[task.id] = len(task.log)
            kept = [line for line in new if line[1] in streams and (not since or line[0] >= since)]
            for at, stream, text in kept[-last:] if last is not None else kept:
                lines.append((at, _frame(call, task, (at, stream, text))))
        return b"".join(frame for _, frame in sorted(lines, key=lambda line: line[0]))

    first = fresh(tail) if tail != 0 else b""
    if not call.flag("follow"):
        return web.Response(body=first, content_type="application/octet-stream")
    return await _streamed(call, first, lambda: fresh(None), "application/octet-stream")


def _tail(text: str) -> int | None:
    if text in ("", "all"):
        return None
    if text.isascii() and text.isdecimal():
        return int(text)
    raise RefusedError(500, 'tail value must be a positive integer or "all"')


def _frame(call: Call, task: Task, line: tuple[datetime, str, str]) -> bytes:
    at, stream, text = line
    words = f"{text}\n"
    if call.flag("details"):
        labels = {"node": task.node_id, "service": task.service_id, "task": task.id}
        told = ",".join(f"com.docker.swarm.{key}.id={value}" for key, value in labels.items())
        words = f"{told} {words}"
    if call.flag("timestamps"):
        words = f"{moment(at)} {words}"
    payload = words.encode()
    return bytes([_STREAMS[stream], 0, 0, 0]) + len(payload).to_bytes(4) + payload


async def events(call: Call) -> web.StreamResponse:
    """GET /events."""
    filters = call.filters()
    since, until = _moment(call.text("since")), _moment(call.text("until"))
    waiting: list[Occurrence] = []
    past = [one for one in call.simulation.world.occurrences.past if since and one.at >= since]
    stop = call.simulation.world.occurrences.listen(waiting.append)

    def lines(found: Iterable[Occurrence]) -> bytes:
        fit = [one for one in found if _fits(one, filters) and (not until or one.at <= until)]
        return b"".join(encode(_event(one)) + b"\n" for one in fit)

    def fresh() -> bytes:
        found, waiting[:] = list(waiting), []
        return lines(found)

    try:
        return await _streamed(call, lines(past), fresh, "application/json", until)
    finally:
        stop()


def _fits(one: Occurrence, filters: Filters) -> bool:
    scopes = filters.get("scope", ["swarm"])
    names = {one.id, one.attributes.get("name", "")}
    return (
        "swarm" in scopes
        and one.kind in filters.get("type", [one.kind])
        and one.action in filters.get("event", [one.action])
        and all(
            kind not in filters or (one.kind == kind and names & set(filters[kind]))
            for kind in _KINDS
        )
    )


def _event(one: Occurrence) -> Json:
    seconds = int(one.at.timestamp())
    return {
        "Type": one.kind,
        "Action": one.action,
        "Actor": {"ID": one.id, "Attributes": dict(one.attributes)},
        "scope": "swarm",
        "time": seconds,
        "timeNano": (seconds * 10**6 + one.at.microsecond) * 1000,
    }


def _moment(text: str) -> datetime | None:
    """Read unix seconds with a fraction, or RFC 3339. Raises RefusedError."""
    if not text:
        return None
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise RefusedError(400, f"invalid time: {text}") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def _streamed(
    call: Call,
    first: bytes,
    fresh: Callable[[], bytes],
    content_type: str,
    until: datetime | None = None,
) -> web.StreamResponse:
    """Send what there is, then what comes, until the peer leaves, a reset, or `until`."""
    response = web.StreamResponse(headers={"Content-Type": content_type})
    await response.prepare(call.request)
    generation = call.hub.generation
    part = first
    while True:
        if part:
            await response.write(part)
        if generation != call.hub.generation or _over(call, until):
            break
        if call.request.transport is None or call.request.transport.is_closing():
            break
        await asyncio.sleep(_BEAT)
        if not call.simulation.unavailable:
            call.simulation.timeline.settle()
        part = fresh()
    await response.write_eof()
    return response


def _over(call: Call, until: datetime | None) -> bool:
    return until is not None and call.hub.clock.now() >= until
