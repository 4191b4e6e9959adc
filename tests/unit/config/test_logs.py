import io
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from config import logs

CANARY = "hunter2canary"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure([CANARY], stream, logging.DEBUG)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


LEAKS = [
    f"the token is {CANARY}",
    "token=xoxb-123-canary&x=1",
    "xoxe.xoxb-1-canary",
    "app token xapp-1-A0-canary",
    "Authorization: Bearer canary",
    "{'Authorization': 'Basic canary'}",
    "POST https://hooks.slack.com/commands/T1/2/canary now",
    "posting to http://127.0.0.1:8080/commands/T1/2/canary",
    "body: command=%2Fswarm&token=canary&response_url=https%3A%2F%2Fhooks%2Fcanary",
    '{"token": "canary", "response_url": "canary"}',
    "trigger_id=1.2.canary",
    "redis://waggle:canary@redis:6379/0",
    "update --env-add DB_PASSWORD=canary web",
    "update --env DB_PASSWORD='canary canary' web",
    'update --env-add "DB_PASSWORD=it is canary" web',
    "update --env-add='DB_PASSWORD=it is canary' web",
    "create -e DB_PASSWORD=canary shop/web",
    '{"Env": ["DB_PASSWORD=canary", "B=canary"]}',
    "  Field required [type=missing, input_value={'A': 'canary'}, input_type=dict]",
]


def _fail(text: str) -> None:
    raise ValueError(text)


@pytest.mark.parametrize("name", ["slack_bolt.App", "slack_sdk.web", "rq.worker", "rq", "other"])
@pytest.mark.parametrize("text", LEAKS)
def test_no_secret_passes_any_logger(out: io.StringIO, name: str, text: str) -> None:
    logging.getLogger(name).info("%s", text)
    logging.getLogger(name).info("with %(text)s", {"text": text})
    structlog.get_logger(name).info("structured", detail=text, deep={"list": [text]})
    try:
        _fail(text)
    except ValueError:
        logging.getLogger(name).exception("failed")
        structlog.get_logger(name).exception("failed")
    assert len(lines(out)) == 5
    assert "canary" not in out.getvalue()


@pytest.mark.parametrize("key", ["token", "bot_token", "response_url", "env", "Authorization"])
def test_what_is_secret_by_its_name_is_hidden(out: io.StringIO, key: str) -> None:
    structlog.get_logger().info("x", **{key: "canary"})
    logging.getLogger("rq").info("x", extra={key: {"A": "canary"}})
    assert "canary" not in out.getvalue()
    assert all(line[key] == logs.HIDDEN for line in lines(out))


def test_the_rest_is_left_as_it_is(out: io.StringIO) -> None:
    text = "scale web=3: r-7k2mq9xw (2 of 3), see https://example.org/app/x and a=b"
    structlog.get_logger("bot").warning(text, service="web", count=3, none=None)
    (line,) = lines(out)
    assert line["event"].startswith("scale web=3: r-7k2mq9xw (2 of 3)")
    assert (line["service"], line["count"], line["none"]) == ("web", 3, None)
    assert (line["level"], line["logger"]) == ("warning", "bot")
    assert line["timestamp"].endswith("Z")


def test_each_record_is_said_once(out: io.StringIO) -> None:
    logging.getLogger("rq.worker").info("one")
    logging.getLogger("slack_bolt.App").info("two")
    assert [line["event"] for line in lines(out)] == ["one", "two"]


def test_a_terminal_gets_words() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = Terminal()
    logs.configure([], stream)
    structlog.get_logger("bot").info("hello", token="canary")
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    assert "hello" in stream.getvalue()
    assert "canary" not in stream.getvalue()
    assert not stream.getvalue().startswith("{")


@pytest.mark.parametrize("bait", ["a", "input_value=", "http://", '"Env": [', "--env A=", "a://b:"])
def test_a_long_line_takes_no_long_time(bait: str) -> None:
    """A process that redacts for seconds answers nobody meanwhile."""
    redactor, line = logs.Redactor([CANARY]), (bait * 40_000)[:40_000]
    began = time.process_time()
    redactor.text(line)
    assert time.process_time() - began < 0.7
