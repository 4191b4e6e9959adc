"""Logs: frames into lines, with limits on size and time.

Frame format: https://docs.docker.com/reference/api/engine/ (container attach, "stream format").
"""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import requests
from urllib3.exceptions import HTTPError

from bot.ports import LogFilter, LogLine
from workers.engine.calls import EngineCalls
from workers.engine.views import instant

MOST_BYTES = 4 * 1024 * 1024
MOST_SECONDS = 8.0
"""The log of a node that does not answer never ends; what came by then is what is shown."""
TASK_SECONDS = 1.5
"""The same for one task's log, which the steward reads in the middle of its round."""
LONGEST_LINE = 4000

_HEADER = 8
_DAEMON = "daemon"
_STREAMS = {0: "stdin", 1: "stdout", 2: "stderr", 3: _DAEMON}
_DETAIL = re.compile(r"[^\s=,]+=[^\s,]*(?:,[^\s=,]+=[^\s,]*)* ?")
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def read_logs(
    calls: EngineCalls, path: str, ref: str, what: LogFilter, *, details: bool
) -> list[LogLine]:
    """Return the last lines, oldest first.

    With `details` each line tells its task and node, and the Engine's own word on logs that it
    could not read stands among them, as a line of the stream `daemon`.
    """
    kind = "service" if path.startswith("/services") else "task"
    params = {"stdout": "1", "stderr": "1", "timestamps": "1", "tail": str(what.tail)}
    if what.since is not None:
        params["since"] = f"{what.since.timestamp():.6f}"
    if details:
        params["details"] = "1"
    most = TASK_SECONDS if kind == "task" else MOST_SECONDS
    body = _body(calls.stream(path, ref, kind=kind, within=most, **params), most)
    lines = [_line(stream, text, details=details) for stream, text in _lines(body)]
    if not details:
        lines = [line for line in lines if line.stream != _DAEMON]
    # The Engine applies `tail` to each task, and sends them as they come. Its own word on what it
    # could not read ("node … is not available") has no time, and goes last.
    lines.sort(key=lambda line: (line.at is None, line.at or _EARLIEST))
    return lines[-what.tail :] if what.tail else []


def _body(response: requests.Response, seconds: float) -> bytes:
    until = time.monotonic() + seconds
    body = bytearray()
    try:
        for chunk in response.iter_content(64 * 1024):
            body += chunk
            if len(body) > MOST_BYTES or time.monotonic() > until:
                break
    except (requests.RequestException, HTTPError, OSError):
        pass  # what came is better than nothing, and a log is no truth to decide by
    finally:
        response.close()
    return bytes(body)


def _lines(body: bytes) -> Iterator[tuple[str, str]]:
    frames = _frames(body) if _is_framed(body) else [("stdout", body)]
    for stream, payload in frames:
        for text in payload.decode("utf-8", "replace").splitlines():
            yield stream, text


def _is_framed(body: bytes) -> bool:
    # A service with a TTY sends plain text, and 20.10 does not say so in a header.
    return len(body) >= _HEADER and body[0] in _STREAMS and body[1:4] == b"\0\0\0"


def _frames(body: bytes) -> Iterator[tuple[str, bytes]]:
    position = 0
    while position + _HEADER <= len(body):
        size = int.from_bytes(body[position + 4 : position + _HEADER])
        start = position + _HEADER
        yield _STREAMS.get(body[position], "stdout"), body[start : start + size]
        position = start + size


def _line(stream: str, text: str, *, details: bool) -> LogLine:
    if stream == _DAEMON:
        return LogLine(text=text[:LONGEST_LINE], stream=stream)
    first, _, rest = text.partition(" ")
    at = instant(first)
    if at is None:
        rest = text
    task, node = "", ""
    if details:
        task, node, rest = _take_details(rest)
    return LogLine(text=rest[:LONGEST_LINE], stream=stream, task_id=task, node_id=node, at=at)


def _take_details(text: str) -> tuple[str, str, str]:
    # Further details are what --log-opt env or labels adds: they may hold secrets and go.
    match = _DETAIL.match(text)
    if match is None or "com.docker.swarm." not in match[0]:
        return "", "", text
    pairs = dict(part.split("=", 1) for part in match[0].strip().split(","))
    task = pairs.get("com.docker.swarm.task.id", "")
    node = pairs.get("com.docker.swarm.node.id", "")
    return task, node, text[match.end() :]
