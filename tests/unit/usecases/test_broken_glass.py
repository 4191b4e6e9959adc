"""Broken glass: at once, by named people, loud, and looked at by others afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ActionKind
from bot.domain.policy import Grant, Members, VerbGroup, Window
from tests.unit.usecases.approving import (
    CAT,
    DAN,
    EVE,
    RULE,
    SAM,
    Approving,
    a_policy,
    asking,
)
from tests.unit.usecases.bed import BOB


def test_broken_glass_runs_at_once_is_loud_and_asks_for_a_review() -> None:
    bed = asking()
    made = bed.type('update --image reg/httpd:v2 --break-glass "shop is down" web', CAT)
    bed.until(made, "completed")
    bed.tick()
    assert "Glass broken" in bed.parent(made).text
    assert "shop is down" in bed.parent(made).text
    loud = [m.content.text for m in bed.thread(made) if m.broadcast]
    assert len(loud) == 3  # begun, ended, asks for a review
    assert all("Glass broken* by <@U3CAT>: “shop is down”" in text for text in loud)
    assert "yourself" in bed.clicks(ActionKind.REVIEW, made, CAT)
    bed.clicks(ActionKind.REVIEW, made, DAN)
    assert "already" in bed.clicks(ActionKind.REVIEW, made, DAN)
    assert "Not allowed" in bed.clicks(ActionKind.REVIEW, made, EVE)
    bed.clicks(ActionKind.REVIEW, made, BOB)
    bed.tick()
    (asks,) = bed.slack.shown(f"{made}.review")
    assert "It is reviewed: ✓ <@U4DAN>, ✓ <@U2BOB>" in asks.content.text
    assert not [block for block in asks.content.blocks if block["type"] == "actions"]
    assert "reviewed already" in bed.clicks(ActionKind.REVIEW, made, SAM)


def test_glass_is_broken_by_the_named_people_only() -> None:
    bed = asking()
    made = bed.type("update --image reg/httpd:v2 --break-glass now web", DAN)
    bed.work()
    assert "break the glass" in bed.private(made)
    assert bed.image() == "reg/httpd:v1"


def test_glass_broken_over_a_removal_asks_for_no_click_and_for_a_review() -> None:
    bed = asking()
    made = bed.type("rm --break-glass 'it eats the disk' web", CAT)
    bed.work()
    assert bed.change(made).state.value == "applied"
    bed.tick()
    assert "Glass broken" in bed.parent(made).text
    bed.clicks(ActionKind.REVIEW, made, DAN)
    assert bed.change(made).reviews == (DAN.user,)
    assert "nothing to review" in bed.clicks(ActionKind.REVIEW, "r-none", DAN)


def test_a_removal_is_reviewed_by_who_may_approve_where_the_service_was() -> None:
    bed = asking()
    made = bed.type("rm --break-glass 'it eats the disk' web", CAT)
    bed.work()
    rules = a_policy(version="two")
    may = frozenset({VerbGroup.APPROVE})
    elsewhere = Grant(name="eve", role="eve", may=may, environments=frozenset({"default"}))
    bed.policies.policy = replace(
        rules,
        roles={**rules.roles, "eve": Members(users=frozenset({EVE.user}))},
        grants=(*rules.grants, elsewhere),
    )
    bed.tick()
    assert "Not allowed" in bed.clicks(ActionKind.REVIEW, made, EVE)
    assert bed.change(made).reviews == ()
    bed.clicks(ActionKind.REVIEW, made, DAN)
    assert bed.change(made).reviews == (DAN.user,)


def test_there_is_nothing_to_review_where_no_glass_was_broken() -> None:
    bed = Approving()
    done = bed.done("create --name web reg/httpd:v1")
    assert "nothing to review" in bed.clicks(ActionKind.REVIEW, done.id, BOB)


@pytest.mark.parametrize("line", ["update --image reg/httpd:v2", "rm"])
def test_a_dry_run_says_what_it_would_pass_by_to_who_asks_alone(line: str) -> None:
    bed = asking()
    for lock in ("lock --reason 'db migration' web", "lock --reason 'audit' --stack shop"):
        bed.type(lock, DAN)
    bed.work()
    now = bed.clock.now()
    window = Window(
        environment="production", begins=now, ends=now + timedelta(hours=1), reason="weekend"
    )
    bed.calendar.known.append(window)
    bed.settle(2)
    writes, posts = bed.writes(), len(bed.slack.messages)
    made = bed.type(f"{line} --dry-run --break-glass 'shop is down' web", CAT)
    bed.work()
    bed.settle(2)
    told = bed.private(made)
    passed = [row for row in told.splitlines() if "would pass by, loudly:" in row]
    assert len(passed) == 3, told
    assert "web is locked by <@U4DAN>" in passed[0]
    assert "db migration" in passed[0]
    assert "production is frozen until" in passed[1]
    assert "needs the yes of 2 people" in passed[2]
    assert "Glass broken" not in told
    assert (bed.writes(), len(bed.slack.messages)) == (writes, posts)
    assert bed.slack.shown(f"{made}.review") == []
    assert "nothing to review" in bed.clicks(ActionKind.REVIEW, made, DAN)


def test_a_dry_run_says_that_there_is_no_glass_to_break() -> None:
    bed = asking(replace(RULE, required=0))
    made = bed.type("scale --dry-run --break-glass now web=2", CAT)
    bed.work()
    assert "would pass nothing by" in bed.private(made)


def test_a_dry_run_of_broken_glass_takes_the_right_to_break_it() -> None:
    bed = asking()
    made = bed.type("scale --dry-run --break-glass now web=2", DAN)
    bed.work()
    assert "break the glass" in bed.private(made)
