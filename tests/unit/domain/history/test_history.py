from __future__ import annotations

import pytest

from bot.domain.history import (
    appended,
    completed,
    entry_of,
    found,
    left_by,
    made_current,
    marked,
    next_number,
    rolled_back,
)
from bot.domain.plan import Kind
from bot.domain.refusal import Refusal
from bot.domain.revision import History, Mark
from bot.domain.rollback import choose
from tests.builders import NOW, a_history, a_revision

GOOD, BAD, UNKNOWN = Mark.GOOD, Mark.BAD, Mark.UNKNOWN


def marks(history: History) -> list[Mark]:
    return [entry.mark for entry in history.entries]


def test_the_first_touch_finds_revision_one() -> None:
    history = found(a_history(), "hash", "httpd:v1", NOW)
    assert history.current == 1
    assert history.entries[0].found
    assert history.entries[0].actor is None


def test_the_current_revision_is_not_found_again() -> None:
    history = a_history(GOOD, GOOD)
    assert found(history, history.entries[1].spec_hash, "httpd:v2", NOW) is history


def test_an_earlier_revision_that_is_live_again_becomes_current() -> None:
    history = a_history(GOOD, GOOD)
    again = found(history, history.entries[0].spec_hash, "httpd:v1", NOW)
    assert again.current == 1
    assert len(again.entries) == 2


def test_drift_is_recorded() -> None:
    history = found(a_history(GOOD, GOOD), "strange", "nginx", NOW)
    assert history.current == 3
    assert next_number(history) == 4


def test_numbers_are_in_order() -> None:
    history = a_history(GOOD)
    assert next_number(a_history()) == 1
    assert entry_of(appended(history, a_revision(2)), 2) == a_revision(2, after=1)
    with pytest.raises(ValueError, match="not the next"):
        appended(history, a_revision(3))


def test_marks_and_current() -> None:
    history = a_history(GOOD, UNKNOWN)
    assert marks(marked(history, 2, BAD)) == [GOOD, BAD]
    assert made_current(history, 1).current == 1
    with pytest.raises(ValueError, match="no revision 7"):
        made_current(history, 7)


def test_a_rollout_that_completed() -> None:
    history = completed(a_history(GOOD, UNKNOWN, current=1), 2)
    assert (history.current, marks(history)) == (2, [GOOD, GOOD])


def test_back_from_n_to_m() -> None:
    history = rolled_back(a_history(GOOD, GOOD, GOOD), bad=3, to=2)
    assert (history.current, marks(history)) == (2, [GOOD, GOOD, BAD])


def test_twice_in_a_row_does_not_return_to_the_bad_one() -> None:
    history = a_history(GOOD, GOOD, GOOD)
    visited = [history.current]
    for _ in range(2):
        target = choose(history)
        assert isinstance(target, int)
        history = rolled_back(history, bad=history.current, to=target)
        visited.append(history.current)
    assert visited == [3, 2, 1]
    assert isinstance(choose(history), Refusal)
    assert choose(history, to=3) == 3


def test_forward_after_back_never_picks_the_bad_one() -> None:
    history = rolled_back(a_history(GOOD, GOOD), bad=2, to=1)
    history = completed(appended(history, a_revision(3, UNKNOWN)), 3)
    assert choose(history) == 1


def test_a_bad_one_that_was_asked_for_and_runs_is_good_again() -> None:
    assert marks(rolled_back(a_history(GOOD, BAD, GOOD), bad=3, to=2)) == [GOOD, GOOD, BAD]


def test_going_to_where_it_is_marks_nothing_bad() -> None:
    assert marks(rolled_back(a_history(GOOD, GOOD), bad=2, to=2)) == [GOOD, GOOD]


@pytest.mark.parametrize(
    ("kind", "to", "left"),
    [(Kind.UPDATE, 5, 5), (Kind.SCALE, 5, 5), (Kind.ROLLBACK, 3, 4), (Kind.ROLLBACK, 5, None)],
)
def test_which_revision_going_back_leaves(kind: Kind, to: int, left: int | None) -> None:
    assert left_by(kind, from_revision=4, to_revision=to) == left
