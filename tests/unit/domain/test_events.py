"""Words for what a channel can be told of."""

import pytest

from bot.domain.policy import NotifyOn
from bot.domain.policy.events import (
    ENDS,
    LEVELS,
    TROUBLE,
    as_events,
    known_words,
    unknown_word,
    words_for,
)

ON = NotifyOn


@pytest.mark.parametrize(
    ("words", "events"),
    [
        ("failed", {ON.FAILED}),
        ("failed, Rolled-Back", {ON.FAILED, ON.ROLLED_BACK}),
        ("trouble", TROUBLE),
        ("trouble", {ON.PAUSED, ON.STALLED, ON.FAILED, ON.ROLLED_BACK}),
        ("ends", {ON.COMPLETED, ON.ROLLED_BACK, ON.FAILED, ON.ABORTED, ON.SUPERSEDED}),
        ("ENDS,started,", ENDS | {ON.STARTED}),
        ("all", set(ON)),
        ("failed,nonsense", {ON.FAILED}),
    ],
)
def test_words_name_events(words: str, events: set[NotifyOn]) -> None:
    assert as_events(words) == events


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        ("failed", None),
        ("all,trouble,ends", None),
        ("failed,fialed,xx", "fialed"),
        (",", ","),
    ],
)
def test_the_first_unknown_word_is_found(words: str, unknown: str | None) -> None:
    assert unknown_word(words) == unknown


def test_events_are_written_as_a_level_or_in_the_order_of_life() -> None:
    assert {words_for(events) for events in LEVELS.values()} == set(LEVELS)
    assert words_for(frozenset({ON.ROLLED_BACK, ON.PAUSED})) == "paused, rolled_back"
    assert words_for(frozenset()) == ""


def test_every_event_is_a_word() -> None:
    assert all(as_events(word) for word in known_words())
    assert set(ON) <= set(known_words())
