"""Glass that one person breaks on another's live rollout: theirs, wherever it is told or judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.audit import from_line
from bot.domain.change import ActionKind
from bot.domain.policy import Environment, Grant, Members, NotifyRule, VerbGroup
from bot.domain.rollout.glass import breakings_of
from tests.unit.usecases.approving import CAT, DAN, RULE, SAM, Approving, a_policy, asking
from tests.unit.usecases.bed import ANN, BOB

LISTS = replace(RULE, verbs=frozenset({VerbGroup.ROLLBACK}))


@pytest.fixture
def bed() -> Approving:
    """A rollback needs approvals there, ann, bob and cat may break the glass, CREL hears of it."""
    bed = asking()
    rules = a_policy(LISTS, version="glass")
    breakers = Members(users=frozenset({ANN.user, BOB.user, CAT.user}))
    may = Grant(name="grants[3]", role="breakers", may=frozenset({VerbGroup.BREAK_GLASS}))
    told = NotifyRule(channels=("CREL",), on=frozenset())
    production, other = rules.environments
    bed.policies.policy = replace(
        rules,
        roles={**rules.roles, "breakers": breakers},
        grants=(*rules.grants, may),
        environments=(replace(production, notify=told), other),
    )
    assert isinstance(production, Environment)
    return bed


def entries(bed: Approving, record: str) -> list[tuple[str, str, bool]]:
    """Return who broke it, why, and whether the ruling stands beside."""
    found = []
    for line in bed.audit.lines(0, bed.audit.length()):
        draft = from_line(line).draft
        if draft.subject == record and draft.what == "glass_broken":
            passed = draft.decision.reasons[-1] if draft.decision else ""
            found.append((draft.who.user, draft.result, "passed by" in passed))
    return found


def notices(bed: Approving) -> list[str]:
    return [m.content.text for m in bed.slack.messages if m.channel == "CREL"]


def test_who_breaks_the_glass_on_anothers_rollout_is_who_broke_it(bed: Approving) -> None:
    live = bed.type("update --image reg/httpd:v2 web", ANN)
    bed.until(live, "progressing")
    bed.type("rollback --break-glass fire web", BOB)
    bed.until(live, "rolled_back")
    bed.settle(3)
    assert f"*Glass broken* by <@{BOB.user}>: “fire”" in bed.parent(live).text
    assert f"*Glass broken* by <@{ANN.user}>" not in bed.parent(live).text
    (broken,) = breakings_of(bed.rollout(live))
    assert (broken.by, broken.reason) == (BOB.user, "fire")
    assert broken.at is not None
    assert entries(bed, live) == [(BOB.user, "fire", True)]
    (asks,) = bed.slack.shown(f"{live}.review")
    assert f"by <@{BOB.user}>" in asks.content.text
    assert all(f"<@{BOB.user}>" in text for text in notices(bed) if "Glass was broken" in text)
    assert [text for text in notices(bed) if "Glass was broken" in text]
    assert "yourself" in bed.clicks(ActionKind.REVIEW, live, BOB)
    assert bed.rollout(live).reviews == ()
    assert bed.clicks(ActionKind.REVIEW, live, ANN) == ""
    bed.clicks(ActionKind.REVIEW, live, DAN)
    assert bed.rollout(live).reviews == (ANN.user, DAN.user)


def test_that_it_is_broken_on_the_way_is_shown_in_the_channel(bed: Approving) -> None:
    live = bed.type("update --image reg/httpd:v2 web", ANN)
    bed.until(live, "progressing")
    bed.type("rollback --break-glass fire web", BOB)
    bed.until(live, "rolled_back")
    bed.settle(3)
    loud = [m.content.text for m in bed.thread(live) if m.broadcast]
    assert len(loud) == 3  # turned back, ended, asks for a review
    assert all(f"*Glass broken* by <@{BOB.user}>: “fire”" in text for text in loud)
    assert "goes back to revision 1" in loud[0]


def test_a_second_breaking_hides_neither_the_first_nor_itself(bed: Approving) -> None:
    live = bed.type('update --image reg/httpd:v2 --break-glass "shop is down" web', ANN)
    bed.until(live, "progressing")
    bed.tick()
    before = len(notices(bed))
    bed.type("rollback --break-glass fire web", BOB)
    bed.until(live, "rolled_back")
    bed.settle(3)
    assert len(notices(bed)) - before == 2  # the second breaking, the end
    for text in (bed.parent(live).text, bed.slack.shown(f"{live}.review")[0].content.text):
        assert f"by <@{ANN.user}>: “shop is down”" in text
        assert f"by <@{BOB.user}>: “fire”" in text
    assert entries(bed, live) == [(ANN.user, "shop is down", True), (BOB.user, "fire", True)]
    for who in (ANN, BOB):
        assert "yourself" in bed.clicks(ActionKind.REVIEW, live, who)
    bed.clicks(ActionKind.REVIEW, live, DAN)
    bed.clicks(ActionKind.REVIEW, live, SAM)
    assert bed.rollout(live).reviews == (DAN.user, SAM.user)


def test_who_breaks_it_twice_is_barred_once_and_both_are_told(bed: Approving) -> None:
    live = bed.type('update --image reg/httpd:v2 --break-glass "shop is down" web', CAT)
    bed.until(live, "progressing")
    bed.type("rollback --break-glass fire web", CAT)
    bed.until(live, "rolled_back")
    assert [each.reason for each in breakings_of(bed.rollout(live))] == ["shop is down", "fire"]
    assert len(entries(bed, live)) == 2


def test_a_removal_has_its_breaking_with_the_ruling(bed: Approving) -> None:
    made = bed.type("rm --break-glass 'it eats the disk' web", BOB)
    bed.work()
    (broken,) = breakings_of(bed.change(made))
    assert (broken.by, broken.reason) == (BOB.user, "it eats the disk")
    assert entries(bed, made) == [(BOB.user, "it eats the disk", True)]
