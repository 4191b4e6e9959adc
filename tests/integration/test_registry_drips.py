"""A registry that drips bytes: it is left, and nothing of the look stays behind."""

import threading

import pytest
import requests

from bot.ports import RegistryUnavailableError
from tests.integration.drip_server import dripping
from workers.registry import HttpImageRegistry, repository_of
from workers.registry.line import Line
from workers.registry.reader import Reader

LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _looking() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if each.name.startswith("registry")}


def _ended(threads: set[threading.Thread]) -> bool:
    for each in threads:
        each.join(10)  # less than the reader gives one answer; the server never ends
    return not any(each.is_alive() for each in threads)


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"),
        (LONG, b" "),
        (CHUNKED, b"1\r\n \r\n"),
    ],
)
def test_a_look_for_tags_leaves_no_thread_behind(head: bytes, drop: bytes) -> None:
    before = _looking()
    registry = HttpImageRegistry(lambda _: None, lambda _: True, patience=0.5)
    with dripping(head, drop) as port:
        for _ in range(3):
            with pytest.raises(RegistryUnavailableError, match="takes too long"):
                registry.tags(f"127.0.0.1:{port}/web")
        assert _ended(_looking() - before)
        assert not registry.is_busy()


def test_neither_do_looks_at_the_tags_themselves() -> None:
    before = _looking()
    registry = HttpImageRegistry(lambda _: None, lambda _: True, patience=3.0)
    names = [f"v{number}" for number in range(9)]
    with dripping(LONG, list={"tags": names}) as port:
        found = registry.look(f"127.0.0.1:{port}/web", names)
        assert [(tag.name, tag.digest) for tag in found] == [(name, "") for name in names]
        assert _ended(_looking() - before)
        assert not registry.is_busy()


def test_who_still_looks_is_busy() -> None:
    registry = HttpImageRegistry(lambda _: None, lambda _: True)
    go_on = threading.Event()
    stuck = threading.Thread(target=go_on.wait, args=(20,), daemon=True)
    stuck.start()
    registry._late.append(stuck)  # as one that waits for the host's address
    assert registry.is_busy()
    go_on.set()
    stuck.join(20)
    assert not registry.is_busy()


@pytest.mark.parametrize(("head", "drop"), [(LONG, b" "), (CHUNKED, b"1\r\n \r\n")])
def test_one_answer_has_an_end_of_its_own(head: bytes, drop: bytes) -> None:
    with dripping(head, drop) as port, Line().session() as session:
        where = repository_of(f"127.0.0.1:{port}/web")
        reader = Reader(session, where, None, within=0.3)
        with pytest.raises(RegistryUnavailableError, match="takes too long"):
            reader.tags(f"http://{where.host}/v2/")


def test_a_line_that_was_cut_stays_so() -> None:
    line = Line()
    line.cut()
    with (
        dripping(b"", index={"tags": []}) as port,
        line.session() as session,
        pytest.raises(requests.RequestException),
    ):
        session.get(f"http://127.0.0.1:{port}/index", timeout=20)
