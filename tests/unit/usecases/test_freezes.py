"""Freezes: what is shown of them, and that nothing gets through one but what may."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.policy import (
    AnyOf,
    Criterion,
    Environment,
    Grant,
    ImageRule,
    Limits,
    Members,
    On,
    Outcome,
    Policy,
    Resource,
    Side,
    VerbGroup,
    Window,
)
from bot.domain.reply import FreezeList
from bot.domain.rollout.record import Rollout
from bot.usecases.answers.freezes import AHEAD, MOST
from bot.usecases.gate import Circumstance
from tests.fakes.clock import START
from tests.unit.usecases.answering import Desk
from tests.unit.usecases.bed import ANN, Bed, made

HOUR = timedelta(hours=1)
RULES = Policy(
    hash="h1",
    roles={"all": Members(everyone=True)},
    grants=(Grant(name="grants[0] (all)", role="all", may=frozenset(VerbGroup)),),
    environments=(
        Environment(name="production", match=AnyOf((Criterion(On.SERVICE, "web*"),))),
        Environment(name="default"),
    ),
)


def window(hours: Sequence[float], **fields: object) -> Window:
    """Return a freeze of production from so many hours after the start to so many."""
    begins, ends = (START + each * HOUR for each in hours)
    found = Window(
        environment="production",
        begins=begins,
        ends=ends,
        reason="weekend",
        passes=frozenset({VerbGroup.ROLLBACK}),
    )
    return replace(found, **fields)  # type: ignore[arg-type]  # any field


# -- what is shown


def shown(desk: Desk) -> FreezeList:
    reply = desk.ask("freezes")
    assert isinstance(reply, FreezeList)
    return reply


def test_what_is_on_and_what_begins_within_thirty_days() -> None:
    desk = Desk()
    desk.policies.policy = RULES
    days = (-3, -0.5, 0, 5, 29, 31)
    windows = [window((each * 24, each * 24 + 13)) for each in days]
    desk.calendar.known = windows
    reply = shown(desk)
    assert reply.windows == tuple(windows[1:5])
    assert (reply.at, reply.ahead, reply.more) == (START, AHEAD, 0)
    assert not reply.open_policy


def test_at_most_twenty_and_how_many_more() -> None:
    desk = Desk()
    desk.calendar.known = [window((each, each + 0.5)) for each in range(MOST + 5)]
    reply = shown(desk)
    assert len(reply.windows) == 20
    assert reply.windows[-1].begins == START + 19 * HOUR
    assert reply.more == 5


def test_nothing_frozen() -> None:
    desk = Desk()
    desk.policies.policy = RULES
    assert shown(desk) == FreezeList(at=START, ahead=AHEAD)


def test_with_the_open_policy_it_says_so() -> None:
    assert shown(Desk()).open_policy


def test_the_engine_is_not_needed_for_it() -> None:
    desk = Desk()
    desk.swarm.unavailable = True
    assert shown(desk).windows == ()


# -- what they stop


@pytest.fixture
def bed() -> Bed:
    """Web runs v2, and v1 before it; from now on by RULES."""
    bed = made(2)
    bed.done("update --image reg/httpd:v2 web")
    bed.policies.policy = RULES
    return bed


def freeze(bed: Bed, begins: float = -1, ends: float = 63) -> Window:
    """Freeze production, from so many hours from now to so many."""
    since = (bed.clock.now() - START) / HOUR
    made = window((since + begins, since + ends))
    bed.calendar.known = [made]
    return made


def refused(bed: Bed, line: str) -> str:
    writes = bed.writes()
    told = bed.type(line)
    bed.work()
    assert bed.writes() == writes
    return bed.private(told)


@pytest.mark.parametrize(
    "line", ["update --image reg/httpd:v3 web", "scale web=5", "create --name web-2 reg/httpd:v1"]
)
def test_a_change_is_refused_with_the_reason_and_the_end(bed: Bed, line: str) -> None:
    until = freeze(bed).ends
    text = refused(bed, line)
    assert f"production is frozen until {until:%Y-%m-%d %H:%M} UTC (weekend)" in text


def test_so_is_a_removal(bed: Bed) -> None:
    freeze(bed)
    assert "production is frozen until" in refused(bed, "rm web")


def test_a_rollback_passes(bed: Bed) -> None:
    freeze(bed)
    rollout = bed.done("rollback web", "rolled_back")
    assert rollout.request.by == ANN
    assert bed.image() == "reg/httpd:v1"


def test_unless_the_rule_lets_nothing_pass(bed: Bed) -> None:
    bed.calendar.known = [replace(freeze(bed), passes=frozenset())]
    assert "production is frozen until" in refused(bed, "rollback web")


def test_another_environment_is_not_frozen(bed: Bed) -> None:
    freeze(bed)
    assert bed.done("create --name api reg/httpd:v1").state.value == "completed"


def test_what_becomes_a_part_of_it_is_frozen_too(bed: Bed) -> None:
    """Judged on what a service is and on what it will become."""
    label = Environment(name="production", match=AnyOf((Criterion(On.LABEL, "env=prod"),)))
    bed.policies.policy = replace(RULES, environments=(label, Environment(name="default")))
    freeze(bed)
    assert "production is frozen until" in refused(bed, "update --label-add env=prod web")


def test_reading_goes_on(bed: Bed) -> None:
    freeze(bed)
    web = Resource(cluster="default", service="web", sides=(Side(),))
    decided = {
        verb: bed.gate.decide(ANN, verb, web, Circumstance()).outcome
        for verb in (VerbGroup.READ, VerbGroup.LOCK, VerbGroup.APPROVE, VerbGroup.UPDATE)
    }
    assert decided.pop(VerbGroup.UPDATE) is Outcome.DENY
    assert set(decided.values()) == {Outcome.ALLOW}


def test_the_hour_after_it_is_over(bed: Bed) -> None:
    until = freeze(bed, ends=1).ends
    assert "frozen" in refused(bed, "scale web=5")
    bed.clock.advance(until - bed.clock.now())
    bed.done("scale web=5")
    assert bed.replicas() == 5


def test_one_that_begins_while_a_plan_waits_stops_it_right_before_the_change(bed: Bed) -> None:
    """The plan was made and recorded; its worker died before it sent anything."""

    def begins(point: str) -> None:
        if point == "plan.after_commit":
            freeze(bed)

    bed.fault = begins
    writes = bed.writes()
    rollout = bed.until(bed.type("update --image reg/httpd:v3 web"), "failed")
    assert "plan.after_commit" in bed.points
    assert bed.writes() == writes
    assert "not allowed any more: production is frozen until" in rollout.reason
    bed.settle(2)
    assert "(weekend)" in bed.parent(rollout.id).text
    assert bed.store.live_rollout("default", "web") is None


def test_one_that_begins_while_a_rollout_runs_lets_it_go_on(bed: Bed) -> None:
    """Stopping halfway would leave two versions running over the weekend."""
    rollout = bed.type("update --update-parallelism 1 --image reg/httpd:v3 web")
    bed.until(rollout, "progressing")
    freeze(bed)
    done: Rollout = bed.until(rollout, "completed")
    assert done.ended_at is not None
    assert bed.image() == "reg/httpd:v3"


# -- what Docker hears nothing of


def test_in_a_freeze_nobody_has_to_go_on_following_and_going_back_is_free() -> None:
    bed = made()
    bed.policies.policy = RULES
    rollout = bed.type("update --image reg/httpd:v2 --update-delay 1h web")
    bed.work()
    bed.calendar.known.append(window((-1, 60)))
    bed.type("unstick web")
    bed.work()
    assert bed.rollout(rollout).state.value == "progressing"
    bed.type("abort web")
    bed.work()
    assert bed.rollout(rollout).state.value == "aborted"


def test_a_step_beyond_the_limit_or_a_digest_not_typed_keeps_nobody_from_going_back() -> None:
    bed = made(9)
    bed.done("update --image reg/httpd:v2 --replicas 2 web")
    strict = Environment(
        name="production",
        limits=Limits(step=1),
        images=ImageRule(require_digest=True),
    )
    bed.policies.policy = replace(RULES, environments=(strict,))
    bed.done("rollback web", "rolled_back")
    assert (bed.image(), bed.replicas()) == ("reg/httpd:v1", 9)
