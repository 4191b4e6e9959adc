"""What a test waits for is one thing, and what it must be is another: only the first comes late."""

from typing import Any

import pytest

from playground.workspace import Seen
from tests.scenario.recovery_stage import rests_once
from tests.waiting import TooLateError, eventually, is_too_late


def a_message(state: str) -> Seen:
    empty: dict[str, Any] = dict.fromkeys(Seen.__dataclass_fields__)
    return Seen(**empty | {"metadata": {"event_payload": {"state": state}}})


def test_one_message_rests_at_its_end() -> None:
    rests_once(lambda: [a_message("completed")], "completed")


@pytest.mark.parametrize(
    "states",
    [("completed", "completed"), ("progressing", "completed"), ("failed",), ("paused",)],
)
def test_two_messages_or_another_end_are_wrong_and_not_late(states: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError) as wrong:
        rests_once(lambda: [a_message(state) for state in states], "completed")
    assert not is_too_late(wrong.value)


def test_what_does_not_come_is_late() -> None:
    with pytest.raises(TooLateError, match=r"not within 0 s: a wonder \(\[\]\)") as late:
        eventually(list, "a wonder", seconds=0)
    assert is_too_late(late.value)
    assert not is_too_late(None)
