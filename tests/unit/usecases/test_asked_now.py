"""People by what Slack says now: groups that were asked about, and all others."""

from __future__ import annotations

import pytest

from bot.usecases.asked_now import asked_now
from tests.fakes.policy import FakePeople

SAM = "U6SAM"
ASKED = frozenset({"S0SRE"})
BOTH = ASKED | {"S0OPS"}


@pytest.mark.parametrize(
    ("now", "heard", "expected"),
    [
        ({"S0SRE": {SAM}}, {}, {"S0SRE"}),
        ({"S0SRE": set()}, {"S0SRE": {SAM}}, set()),
        ({"S0OPS": {SAM}}, {"S0SRE": {SAM}}, {"S0OPS"}),
        ({"S0OPS": set()}, {"S0OPS": {SAM}}, {"S0OPS"}),
    ],
)
def test_only_what_was_asked_about_is_as_of_now(
    now: dict[str, set[str]], heard: dict[str, set[str]], expected: set[str]
) -> None:
    people = FakePeople(now, heard)
    assert asked_now(people, ASKED).groups_of(SAM, BOTH) == frozenset(expected)


def test_what_could_not_be_asked_is_unknown_unless_another_group_has_the_person() -> None:
    away = FakePeople(heard={"S0SRE": {SAM}}, old=True, away=True)
    assert asked_now(away, ASKED).groups_of(SAM, ASKED) is None
    assert asked_now(away, ASKED).groups_of(SAM, BOTH) is None
    assert asked_now(away, ASKED).groups_of(SAM, frozenset()) == frozenset()
    away.heard["S0OPS"] = {SAM}
    assert asked_now(away, ASKED).groups_of(SAM, BOTH) == frozenset({"S0OPS"})


def test_what_is_asked_once_more_is_asked_of_slack() -> None:
    people = FakePeople({"S0SRE": {SAM}})
    assert asked_now(people, ASKED).members_now(ASKED) == {"S0SRE": {SAM}}
    assert people.asked == [ASKED, ASKED]
