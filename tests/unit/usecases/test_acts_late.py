"""An act on a live rollout is decided on right before it is sent, and hours later not done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.audit import from_line
from bot.domain.change import ActionKind
from bot.domain.policy import (
    Criterion,
    Environment,
    Grant,
    Members,
    On,
    Policy,
    VerbGroup,
    Window,
)
from bot.domain.rollout.record import Rollout
from bot.ports import Put, Transaction
from tests.unit.usecases.approving import ALL, CAT, asking
from tests.unit.usecases.bed import ANN, BOB, Bed, KilledError, made
from tests.unit.usecases.faults import crashing, kill_at

STUCK = "update --image reg/httpd:v2 --constraint-add node.labels.x==y --deadline 20s web"


def rules(*people: str) -> Policy:
    """These people may do everything."""
    return Policy(
        hash="h1",
        roles={"team": Members(users=frozenset(people or (ANN.user, BOB.user)))},
        grants=(Grant(name="grants[0] (team)", role="team", may=ALL),),
        environments=(
            Environment(name="production", match=Criterion(On.SERVICE, "web*")),
            Environment(name="default"),
        ),
    )


def freeze(bed: Bed, *passes: VerbGroup, hours: float = 24) -> None:
    now = bed.clock.now()
    window = Window(
        environment="production",
        begins=now,
        ends=now + timedelta(hours=hours),
        reason="weekend",
        passes=frozenset(passes),
    )
    bed.calendar.known = [window]


def paused() -> tuple[Bed, str]:
    """Return a bed whose rollout of ann's Swarm has paused: the new image crashes."""
    bed = crashing(made(3))
    bed.policies.policy = rules()
    live = bed.type("update --image reg/httpd:crash web", ANN)
    bed.until(live, "paused")
    bed.settle(3)
    return bed, live


def stalled() -> tuple[Bed, str]:
    bed = made(3)
    bed.policies.policy = rules()
    live = bed.type(STUCK, ANN)
    bed.until(live, "stalled")
    bed.settle(3)
    return bed, live


def told(bed: Bed, live: str) -> list[str]:
    return [m.content.text for m in bed.thread(live) if m.broadcast]


def refusals(bed: Bed, live: str) -> list[tuple[str, str]]:
    drafts = [from_line(line).draft for line in bed.audit.lines(0, bed.audit.length())]
    found = [each for each in drafts if (each.subject, each.what) == (live, "refused")]
    assert all(each.decision and each.decision.outcome != "allow" for each in found)
    return [(each.who.user, each.source) for each in found]


def sent(bed: Bed, live: str) -> int:
    """Count the entries by which something was sent to Docker."""
    drafts = [from_line(line).draft for line in bed.audit.lines(0, bed.audit.length())]
    return sum((each.subject, each.what) == (live, "posted") for each in drafts)


def killed_after_the_act(bed: Bed, kind: ActionKind, live: str) -> None:
    """Let bob do something, and the worker die before it has sent anything."""
    bed.fault = kill_at("act.after_commit")
    bed.click(kind, live, BOB)
    with pytest.raises(KilledError):
        bed.work()
    bed.fault = lambda _: None
    bed.use = bed.wired()


def test_a_resume_that_docker_hears_of_hours_later_meets_the_freeze_of_then() -> None:
    bed, live = paused()
    before, writes, posted = bed.rollout(live).posting, bed.writes(), sent(bed, live)
    bed.swarm.unavailable = True
    bed.click(ActionKind.RESUME, live, BOB)
    bed.work()
    assert bed.rollout(live).state.value == "progressing"
    freeze(bed)
    bed.clock.advance(2 * 3600)
    bed.swarm.unavailable = False
    bed.settle(10)
    assert bed.writes() == writes
    held = bed.rollout(live)
    assert held.state.value == "paused"  # as Swarm has it
    assert (held.posting, held.errand) == (before, None)
    said = [text for text in told(bed, live) if "was not sent to Docker" in text]
    assert len(said) == 1
    assert f"the resume of <@{BOB.user}>" in said[0]
    assert "not allowed any more: production is frozen until" in said[0]
    assert refusals(bed, live) == [(BOB.user, "button")]
    assert sent(bed, live) == posted == 1
    bed.calendar.known = []
    bed.click(ActionKind.RESUME, live, BOB)
    bed.work()
    assert bed.writes() == writes + 1
    assert sent(bed, live) == posted + 1


def test_who_lost_the_right_since_the_click_does_nothing_by_it() -> None:
    bed, live = stalled()
    before, writes = bed.rollout(live).posting, bed.writes()
    killed_after_the_act(bed, ActionKind.UNSTICK, live)
    bed.policies.policy = rules(ANN.user)
    bed.settle(10)
    assert bed.writes() == writes
    held = bed.rollout(live)
    assert (held.state.value, held.posting) == ("stalled", before)
    assert f"the un-stick of <@{BOB.user}> was not sent" in bed.parent(live).text
    assert refusals(bed, live) == [(BOB.user, "button")]
    bed.click(ActionKind.UNSTICK, live, ANN)
    bed.work()
    assert bed.writes() == writes + 1


def test_a_way_back_that_may_not_be_sent_leaves_the_rollout_on_its_way() -> None:
    bed = made(3)
    bed.done("update --image reg/httpd:v2 web")
    bed.policies.policy = rules()
    live = bed.type("update --image reg/httpd:v3 web", ANN)
    bed.until(live, "progressing")
    before, writes = bed.rollout(live), bed.writes()
    killed_after_the_act(bed, ActionKind.ROLLBACK, live)
    assert bed.rollout(live).going_back
    freeze(bed)
    bed.tick(4)
    bed.tick()
    held = bed.rollout(live)
    assert (held.posting, held.going_back, held.back_to) == (before.posting, False, before.back_to)
    assert bed.writes() == writes
    bed.until(live, "completed")
    assert bed.image() == "reg/httpd:v3"
    assert [text for text in told(bed, live) if f"the rollback of <@{BOB.user}>" in text]


def test_a_way_back_that_may_not_be_sent_leaves_a_stalled_rollout_stalled() -> None:
    bed, live = stalled()
    before = bed.rollout(live)
    assert before.progress is not None
    assert before.progress.score > 0
    killed_after_the_act(bed, ActionKind.ROLLBACK, live)
    freeze(bed)
    bed.settle(10)
    held = bed.rollout(live)
    assert held.state.value == "stalled"
    assert held.progress is not None
    assert held.progress.score == before.progress.score
    assert (held.failure, held.shown_hint) == (before.failure, before.shown_hint)
    assert f"the rollback of <@{BOB.user}> was not sent" in bed.parent(live).text


def test_where_it_goes_back_to_is_judged_again_too() -> None:
    bed = made(3)
    bed.done("update --label-add env=prod web")
    bed.policies.policy = rules()
    live = bed.type("update --image reg/httpd:v2 --label-rm env web", ANN)
    bed.until(live, "progressing")
    writes = bed.writes()
    killed_after_the_act(bed, ActionKind.ROLLBACK, live)
    prod = Environment(name="production", match=Criterion(On.LABEL, "env=prod"))
    elsewhere = replace(rules().grants[0], environments=frozenset({"default"}))
    bed.policies.policy = replace(
        rules(), grants=(elsewhere,), environments=(prod, Environment(name="default"))
    )
    bed.tick(4)
    bed.tick()
    assert bed.writes() == writes
    assert not bed.rollout(live).going_back
    assert refusals(bed, live) == [(BOB.user, "button")]


def test_a_freeze_that_lets_a_rollback_pass_lets_its_sending_pass() -> None:
    bed = made(3)
    bed.policies.policy = rules()
    live = bed.type("update --image reg/httpd:v2 web", ANN)
    bed.until(live, "progressing")
    killed_after_the_act(bed, ActionKind.ROLLBACK, live)
    freeze(bed, VerbGroup.ROLLBACK)
    bed.until(live, "rolled_back")
    assert (bed.image(), bed.rollout(live).errand) == ("reg/httpd:v1", None)


def test_who_broke_the_glass_has_passed_the_freeze_by_when_it_is_sent() -> None:
    bed = made(3)
    bed.policies.policy = rules()
    live = bed.type("update --image reg/httpd:v2 web", ANN)
    bed.until(live, "progressing")
    bed.fault = kill_at("act.after_commit")
    bed.type("rollback --break-glass fire web", BOB)
    with pytest.raises(KilledError):
        bed.work()
    bed.use = bed.wired()
    freeze(bed)
    bed.until(live, "rolled_back")
    assert bed.image() == "reg/httpd:v1"


def test_what_waggle_posts_by_itself_goes_on_in_a_freeze() -> None:
    bed = made(3, "--update-delay 1s")
    bed.policies.policy = rules()
    live = bed.type("update --image reg/httpd:v2 web", ANN)
    bed.until(live, "progressing")
    bed.click(ActionKind.ROLLBACK, live, BOB)
    bed.work()
    freeze(bed)
    bed.policies.policy = rules("U9ZOE")
    done = bed.until(live, "rolled_back")
    assert done.posting is not None
    assert done.posting.purpose.value == "restore"
    assert bed.swarm.service("web").spec["UpdateConfig"]["Delay"] == 1_000_000_000


def test_a_posting_that_was_recorded_before_actors_were_goes_on() -> None:
    bed, live = stalled()
    writes = bed.writes()
    killed_after_the_act(bed, ActionKind.UNSTICK, live)
    stored = bed.store.get(Rollout, live)
    assert stored is not None
    assert stored.value.errand is not None
    old = replace(stored.value, errand=None)
    bed.store.commit(Transaction(cluster="default", puts=(Put(record=old, rev=stored.rev),)))
    freeze(bed)
    bed.settle(5)
    assert bed.writes() == writes + 1


def test_what_was_sent_before_the_right_was_lost_is_recorded_as_sent() -> None:
    bed, live = stalled()
    bed.fault = kill_at("apply.after_post")
    bed.click(ActionKind.UNSTICK, live, BOB)
    with pytest.raises(KilledError):
        bed.work()
    bed.fault = lambda _: None
    bed.use = bed.wired()
    freeze(bed)
    bed.settle(5)
    after = bed.rollout(live)
    assert after.posting is not None
    assert (after.posting.attempt, after.errand) == (2, None)
    assert after.posting.posted_at is not None
    assert refusals(bed, live) == []


@pytest.mark.parametrize("kind", [ActionKind.RESUME, ActionKind.ROLLBACK])
def test_a_click_that_no_worker_came_for_is_refused(kind: ActionKind) -> None:
    bed, live = paused()
    writes = bed.writes()
    clicked = bed.click(kind, live, BOB)
    bed.clock.advance(16 * 60)
    bed.work()
    bed.settle(2)
    assert "waited too long" in bed.private(clicked)
    assert bed.writes() == writes
    assert bed.rollout(live).state.value == "paused"


def test_so_is_a_push() -> None:
    bed, live = stalled()
    clicked = bed.click(ActionKind.UNSTICK, live, BOB)
    bed.clock.advance(16 * 60)
    bed.work()
    assert "waited too long" in bed.private(clicked)
    assert bed.rollout(live).state.value == "stalled"


@pytest.mark.parametrize(
    ("kind", "state"), [(ActionKind.ABORT, "aborted"), (ActionKind.KEEP_WAITING, "progressing")]
)
def test_what_sends_nothing_is_never_too_late(kind: ActionKind, state: str) -> None:
    bed, live = stalled()
    bed.click(kind, live, BOB)
    bed.clock.advance(3 * 3600)
    bed.work()
    assert bed.rollout(live).state.value == state


def test_a_yes_that_waited_for_hours_does_not_count_and_a_no_does() -> None:
    bed = asking()
    name = bed.asked()
    yes = bed.click(ActionKind.APPROVE, name, CAT)
    bed.click(ActionKind.CANCEL_REQUEST, name, ANN)
    bed.clock.advance(16 * 60)
    bed.work()
    assert "waited too long" in bed.private(yes)
    assert bed.approval(name).votes == ()
    assert bed.approval(name).state.value == "cancelled"
