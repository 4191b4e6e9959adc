"""Broken glass: at once, by named people, loud, and looked at by others afterwards."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.change import ActionKind
from bot.domain.policy import Grant, Members, VerbGroup
from tests.unit.usecases.approving import (
    CAT,
    DAN,
    EVE,
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
