"""What knocks at the HTTP port without being Slack: refused fast, and nothing of it is kept."""

import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.front_bed import FrontBed, front

CANARY = "canary-5a1d0c"
BODY = f"token={CANARY}&text=scale+{CANARY}%3D1&response_url=https%3A%2F%2Fx%2F{CANARY}".encode()
GOOD_SIGNATURE = "v0=" + "a" * 64

Headers = list[tuple[str, str]]


@pytest.fixture(scope="module")
def bed() -> Iterator[FrontBed]:
    with front() as running:
        yield running
        log = running.log()  # after all of them
        assert CANARY not in log
        assert "Traceback" not in log


def knock(bed: FrontBed, raw: bytes) -> int:
    """Send bytes as they are; return the status, 0 when the door was shut without a word."""
    with socket.create_connection(("127.0.0.1", bed.port), 5) as connection:
        try:
            connection.sendall(raw)
            head = connection.recv(4096)
        except (ConnectionResetError, BrokenPipeError):
            return 0
    return int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/1.1 ") else 0


def request(headers: Headers, body: bytes = BODY, *, length: int | None = None) -> bytes:
    lines = ["POST /slack/events HTTP/1.1", "Host: x"]
    lines += [f"{name}: {value}" for name, value in headers]
    size = len(body) if length is None else length
    lines.append(f"Content-Length: {size}")
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


def sealed(bed: FrontBed, body: bytes = BODY, at: float | None = None) -> Headers:
    return list(bed.signed(body, at).items())


def with_header(headers: Headers, name: str, value: str) -> Headers:
    return [(n, value if n == name else v) for n, v in headers]


STAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


def test_an_unsigned_request_is_401(bed: FrontBed) -> None:
    assert knock(bed, request([])) == 401


def test_a_forged_signature_is_401(bed: FrontBed) -> None:
    assert knock(bed, request(with_header(sealed(bed), SIGNATURE, GOOD_SIGNATURE))) == 401


def test_a_signature_for_another_body_is_401(bed: FrontBed) -> None:
    assert knock(bed, request(sealed(bed, b"text=ls"))) == 401


@pytest.mark.parametrize("seconds", [-302, 302])
def test_a_stale_or_future_one_is_401(bed: FrontBed, seconds: int) -> None:
    assert knock(bed, request(sealed(bed, at=time.time() + seconds))) == 401


@pytest.mark.parametrize(
    "stamp", ["abc", "", "9" * 5000, "-1", "1e9", "0x1", "1 2", "\xd9\xa1", "1\t", "+1"]
)
def test_an_odd_timestamp_is_refused(bed: FrontBed, stamp: str) -> None:
    assert knock(bed, request(with_header(sealed(bed), STAMP, stamp))) in {400, 401}


@pytest.mark.parametrize("signature", ["", "v0=", "v1=" + "a" * 64, "v0=\xe9", "a" * 5000])
def test_an_odd_signature_is_refused(bed: FrontBed, signature: str) -> None:
    assert knock(bed, request(with_header(sealed(bed), SIGNATURE, signature))) in {400, 401}


@pytest.mark.parametrize("name", [STAMP, SIGNATURE])
def test_a_header_twice_is_401_even_if_both_are_right(bed: FrontBed, name: str) -> None:
    headers = sealed(bed)
    twice = [*headers, (name, dict(headers)[name])]
    assert knock(bed, request(twice)) == 401


def test_an_oversized_body_is_413_though_rightly_signed(bed: FrontBed) -> None:
    body = b"text=" + b"x" * (600 * 1024)
    assert bed.post(body, bed.signed(body)).status_code == 413


def test_a_declared_length_is_enough_to_refuse(bed: FrontBed) -> None:
    assert knock(bed, request(sealed(bed), b"", length=10 * 1024 * 1024)) == 413


def test_ten_megabytes_unsigned_are_not_even_read(bed: FrontBed) -> None:
    assert knock(bed, request([], BODY + b"x" * (10 * 1024 * 1024))) in {0, 401}


def test_a_chunked_body_beyond_the_cap_is_413(bed: FrontBed) -> None:
    head = "POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in sealed(bed))
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    assert knock(bed, head.encode() + b"\r\n" + chunk * 9) in {0, 413}


def test_a_chunked_body_that_is_signed_is_served(bed: FrontBed) -> None:
    body = b"ssl_check=1&token=x"
    head = "POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in sealed(bed, body))
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    assert knock(bed, head.encode() + b"\r\n" + chunks + b"0\r\n\r\n") == 200


def test_a_body_that_never_comes_is_given_up(bed: FrontBed) -> None:
    assert knock(bed, request(sealed(bed), b"", length=100)) == 408


def test_bytes_that_are_no_http_are_shut_out(bed: FrontBed) -> None:
    assert knock(bed, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n") in {
        0,
        400,
    }
    assert knock(bed, b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000) in {0, 400}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_other_methods_are_405(bed: FrontBed, method: str) -> None:
    assert knock(bed, f"{method} /slack/events HTTP/1.1\r\nHost: x\r\n\r\n".encode()) == 405


def test_other_pages_are_404(bed: FrontBed) -> None:
    for path in ("/", "/slack", "/slack/events/", "/admin", "/../etc/passwd"):
        assert knock(bed, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()) in {404, 307}


_LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=80)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from([STAMP, SIGNATURE, "Content-Type", "X-Slack-Retry-Num"]), _LATIN),
        max_size=5,
    ),
    st.binary(max_size=300),
)
def test_nothing_made_up_gets_in_or_breaks_the_server(
    bed: FrontBed, headers: Headers, body: bytes
) -> None:
    assert knock(bed, request(headers, body + BODY)) in {400, 401}


def test_a_refusal_takes_a_few_milliseconds(bed: FrontBed) -> None:
    raw = request(with_header(sealed(bed), SIGNATURE, GOOD_SIGNATURE))

    def once() -> float:
        began = time.perf_counter()
        knock(bed, raw)
        return time.perf_counter() - began

    assert statistics.median(once() for _ in range(200)) < 0.02  # measured: about 0.002


def test_an_ack_does_not_wait_for_the_network(bed: FrontBed) -> None:
    """Without TCP_NODELAY on the connection it was 50 ms, for a delayed ACK."""
    acks = [bed.client.type("ann", "#ops", "/swarm help").seconds for _ in range(60)]
    assert statistics.median(acks) < 0.03  # measured: 0.003


def test_after_all_that_the_bot_still_answers(bed: FrontBed) -> None:
    assert bed.client.type("ann", "#ops", "/swarm help").http_status == 200


DAWDLERS = [
    (b"", b""),  # says nothing
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"a"),
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n", b"a"),
    # a byte now and then resets uvicorn's own timer for idle connections
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"G"),
]


def is_hung_up(connection: socket.socket, drop: bytes) -> bool:
    try:
        connection.sendall(drop)
        while connection.recv(4096):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def test_who_never_comes_to_the_point_is_hung_up_on(bed: FrontBed) -> None:
    """Slowloris: held for ever, such connections would use up all that the process may open."""
    with ExitStack() as stack:
        waiting = []
        for said, drop in DAWDLERS:
            peer = stack.enter_context(socket.create_connection(("127.0.0.1", bed.port), 0.1))
            peer.sendall(said)
            waiting.append((peer, drop))
        ends = time.monotonic() + 60
        while waiting and time.monotonic() < ends:
            waiting = [one for one in waiting if not is_hung_up(*one)]
        assert waiting == []
