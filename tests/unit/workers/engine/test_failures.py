"""Which of the port's errors an answer of the Engine is. The words were measured."""

import pytest

from bot.ports import (
    EngineRefusedError,
    EngineUnavailableError,
    NotFoundError,
    OutOfSequenceError,
)
from workers.engine.failures import TooLongError, hidden, translated, translated_list


@pytest.mark.parametrize(
    ("status", "words", "error"),
    [
        (404, "service web not found", NotFoundError),
        (500, "rpc error: code = Unknown desc = update out of sequence", OutOfSequenceError),
        (500, "rpc error: code = DeadlineExceeded desc = context …", EngineUnavailableError),
        (500, "rpc error: context deadline exceeded", EngineUnavailableError),
        (500, "The swarm does not have a leader. It's possible …", EngineUnavailableError),
        (503, "This node is not a swarm manager.", EngineUnavailableError),
        (502, "", EngineUnavailableError),
        (500, "network abc not found", EngineRefusedError),
        (400, "rpc error: code = InvalidArgument desc = port '80' is …", EngineRefusedError),
        (400, "secret not found: e-x", EngineRefusedError),
        (403, "denied", EngineRefusedError),
        (414, "Request-URI Too Large", TooLongError),
        (431, "Request Header Fields Too Large", TooLongError),
        (409, "name conflicts with an existing object", EngineRefusedError),
        (501, "renaming services is not supported", EngineRefusedError),
    ],
)
def test_an_answer_becomes_an_error(status: int, words: str, error: type[Exception]) -> None:
    found = translated(status, words, "service", "web")
    assert type(found) is error
    if error is not NotFoundError:
        assert str(found) == words


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, TooLongError), (431, TooLongError), (403, EngineRefusedError), (404, NotFoundError)],
)
def test_a_400_to_a_list_may_be_of_its_length(status: int, error: type[Exception]) -> None:
    assert type(translated_list(status, "Bad request", "service")) is error


def test_not_found_says_what() -> None:
    found = translated(404, "whatever", "node", "n9")
    assert isinstance(found, NotFoundError)
    assert (found.kind, found.ref) == ("node", "n9")


def test_env_values_are_taken_out_of_the_words() -> None:
    spec = {"TaskTemplate": {"ContainerSpec": {"Env": ["PW=hunter22", "N=1", "EMPTY=", "BARE"]}}}
    words = "invalid environment hunter22 (N=1), code 100"
    assert hidden(words, spec) == "invalid environment •••• (••••), code 100"
    assert hidden(words, None) == words


def test_long_words_are_cut() -> None:
    assert len(str(translated(400, "x" * 10_000, "service", "web"))) == 500
