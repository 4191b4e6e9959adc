"""Equal documents are read once, and what is asked for no more is forgotten."""

from bot.adapters.parsed import Parsed, mark_of
from bot.domain.rollout.record import Rollout
from bot.ports import Stored
from tests.contract import samples

ONE = Stored(samples.rollout(), 1)
ROW = [b"1", b"{}"]


def test_a_mark_is_of_the_revision_and_of_the_document() -> None:
    assert mark_of(ROW) == mark_of((b"1", b"{}"))
    assert len({mark_of(ROW), mark_of([b"2", b"{}"]), mark_of([b"1", b"{ }"])}) == 3
    for odd in ([None, None], ValueError(), [b"1"], None):
        assert mark_of(odd) is None


def test_what_is_equal_is_found_and_what_has_changed_is_not() -> None:
    parsed, mark = Parsed(), mark_of(ROW)
    assert mark
    assert parsed.find(Rollout, "k", mark) is None
    parsed.keep(Rollout, [("k", mark, ONE)])
    assert parsed.find(Rollout, "k", mark) is ONE
    assert parsed.find(Rollout, "other", mark) is None
    assert parsed.find(type(ONE), "k", mark) is None
    changed = mark_of([b"2", b"{}"])
    assert changed
    assert parsed.find(Rollout, "k", changed) is None


def test_a_short_list_does_not_push_a_long_one_out_and_a_long_one_replaces_it() -> None:
    parsed, mark = Parsed(), mark_of(ROW)
    assert mark
    parsed.keep(Rollout, [(f"k{number}", mark, ONE) for number in range(10)])
    parsed.keep(Rollout, [("single", mark, ONE)])
    assert parsed.find(Rollout, "k9", mark) is ONE
    parsed.keep(Rollout, [(f"j{number}", mark, ONE) for number in range(5)])
    assert parsed.find(Rollout, "k9", mark) is None
    assert parsed.find(Rollout, "j4", mark) is ONE
