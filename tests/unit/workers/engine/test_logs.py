"""From bytes to lines."""

import io
from typing import Any, Never

import requests

from bot.ports import LogFilter
from workers.engine.calls import EngineCalls
from workers.engine.logs import _line, _lines, _take_details, read_logs

_AT = "2026-11-23T22:16:06.813310076Z"


def _frame(stream: int, text: str) -> bytes:
    body = text.encode()
    return bytes([stream, 0, 0, 0]) + len(body).to_bytes(4) + body


def test_frames_keep_their_stream() -> None:
    body = _frame(1, "one\n") + _frame(2, "two\n")
    assert list(_lines(body)) == [("stdout", "one"), ("stderr", "two")]


def test_a_frame_that_was_cut_gives_what_came() -> None:
    body = _frame(1, "one\n") + _frame(2, "two\n")[:-2]
    assert list(_lines(body)) == [("stdout", "one"), ("stderr", "tw")]
    assert list(_lines(_frame(1, "one\n") + b"\1\0\0")) == [("stdout", "one")]


def test_the_text_of_a_tty_has_no_frames() -> None:
    assert list(_lines(b"one\r\ntwo")) == [("stdout", "one"), ("stdout", "two")]
    assert list(_lines(b"")) == []


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert list(_lines(b"\xff\xfe hello")) == [("stdout", "\ufffd\ufffd hello")]


def test_details_tell_task_and_node_and_the_rest_of_them_goes() -> None:
    details = (
        "PASSWORD=hunter22,com.docker.swarm.node.id=n1,"
        "com.docker.swarm.service.id=s1,com.docker.swarm.task.id=t1"
    )
    line = _line("stderr", f"{_AT} {details} key=value: all is well", details=True)
    assert (line.task_id, line.node_id) == ("t1", "n1")
    assert line.text == "key=value: all is well"
    assert line.at is not None
    assert "hunter22" not in repr(line)


def test_a_line_that_looks_like_details_is_a_line() -> None:
    assert _take_details("a=b,c=d hello") == ("", "", "a=b,c=d hello")
    line = _line("stdout", f"{_AT} com.docker.swarm.task.id=t1 hello", details=False)
    assert line.text == "com.docker.swarm.task.id=t1 hello"


def test_a_line_without_time_and_a_long_one() -> None:
    assert _line("stdout", "no time here", details=False).text == "no time here"
    assert len(_line("stdout", f"{_AT} {'x' * 9000}", details=False).text) == 4000


def test_what_the_engine_could_not_read_is_said_last() -> None:
    lost = "Error grabbing logs: node n3 is not available"
    body = _frame(3, f"{lost}\n") + _frame(1, f"{_AT} com.docker.swarm.task.id=t1 hello\n")
    found = read_logs(Body(body), "/services/{0}/logs", "s1", LogFilter(), details=True)
    assert [(line.stream, line.text) for line in found] == [("stdout", "hello"), ("daemon", lost)]
    alone = read_logs(Body(_frame(3, lost)), "/tasks/{0}/logs", "t1", LogFilter(), details=False)
    assert alone == []


def test_all_lines_are_cut_to_the_last_and_none_means_none() -> None:
    body = b"".join(_frame(1, f"2026-11-23T22:16:0{n}Z line {n}\n") for n in (3, 1, 2))
    for tail, texts in ((2, ["line 2", "line 3"]), (0, [])):
        found = read_logs(Body(body), "/tasks/{0}/logs", "t1", LogFilter(tail=tail), details=False)
        assert [line.text for line in found] == texts


class Body(EngineCalls):
    """An Engine that has one log."""

    def __init__(self, body: bytes) -> None:
        super().__init__(_no_client)
        self._body = body

    def stream(self, path: str, ref: str, *, kind: str, **params: Any) -> requests.Response:
        response = requests.Response()
        response.raw = io.BytesIO(self._body)
        return response


def _no_client() -> Never:
    raise AssertionError("no client here")
