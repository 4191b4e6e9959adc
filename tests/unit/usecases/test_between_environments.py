"""What moves from one environment into another: the demands of both hold, whatever the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.change import ActionKind
from bot.domain.policy import (
    ApprovalRule,
    Criterion,
    Environment,
    Grant,
    Members,
    NotifyOn,
    NotifyRule,
    On,
    Policy,
    VerbGroup,
)
from tests.unit.usecases.approving import CAT, DAN, EVE, SRE, Approving
from tests.unit.usecases.bed import ANN, BOB

V = VerbGroup
SRES = ApprovalRule(required=1, approvers=Members(groups=frozenset({SRE})))
ANYBODY = ApprovalRule(required=1, approvers=Members(everyone=True), self_approval=True)
PRODUCTION = Environment(name="production", match=Criterion(On.LABEL, "env=prod"), approvals=SRES)
STAGING = Environment(name="staging", match=Criterion(On.LABEL, "env=stg"), approvals=ANYBODY)


def rollout_of(name: str) -> str:
    return f"r-{name.removeprefix('p-')}"


def a_bed(
    *environments: Environment, grant: Grant | None = None, made_in: str = "stg"
) -> Approving:
    """Return a bed whose `web` runs there, made before the rules came into force."""
    bed = Approving()
    bed.people.members = {SRE: {CAT.user, DAN.user}}
    bed.done(f"create --name web --label env={made_in} --replicas 2 reg/httpd:v1")
    may = frozenset(VerbGroup) - {V.BREAK_GLASS}
    bed.policies.policy = Policy(
        hash="h",
        roles={"all": Members(everyone=True), "bob": Members(users=frozenset({BOB.user}))},
        grants=(grant or Grant(name="grants[0] (all)", role="all", may=may),),
        environments=environments,
    )
    return bed


@pytest.mark.parametrize("order", [(PRODUCTION, STAGING), (STAGING, PRODUCTION)])
def test_the_requesters_own_yes_counts_only_where_both_allow_it(
    order: tuple[Environment, Environment],
) -> None:
    bed = a_bed(*order)
    name = bed.asked("update --label-add env=prod web")
    bed.votes(name, ANN)
    assert bed.approval(name).votes == ()
    bed.votes(name, CAT)
    bed.until(rollout_of(name), "completed")


def test_many_of_anybody_do_not_make_up_for_one_who_counts() -> None:
    two = replace(STAGING, approvals=replace(ANYBODY, required=2))
    bed = a_bed(PRODUCTION, two)
    name = bed.asked("update --label-add env=prod web")
    bed.votes(name, BOB, EVE)
    assert bed.approval(name).votes == ()
    bed.votes(name, CAT)
    assert bed.approval(name).state.value == "pending"
    bed.votes(name, DAN)
    bed.until(rollout_of(name), "completed")


@pytest.mark.parametrize("by_button", [False, True])
def test_going_back_on_the_way_is_judged_by_where_it_goes(by_button: bool) -> None:  # noqa: FBT001
    grant = Grant(
        name="grants[0] (bob)",
        role="bob",
        may=frozenset({V.UPDATE, V.ROLLBACK, V.READ}),
        environments=frozenset({"staging"}),
    )
    bed = a_bed(
        replace(PRODUCTION, approvals=ApprovalRule()),
        replace(STAGING, approvals=ApprovalRule()),
        grant=grant,
        made_in="prod",
    )
    rules, bed.policies.policy = bed.policies.policy, Policy(open_to_all=True, hash="open")
    bed.done("update --label-add env=stg web")
    bed.policies.policy = rules
    live = bed.type("update --image reg/httpd:v2 web", BOB)
    bed.work()
    assert bed.rollout(live).state.value == "progressing"
    bed.policies.policy = replace(rules, hash="later")
    if by_button:  # to revision 2, which was staging, too
        bed.click(ActionKind.ROLLBACK, live, BOB)
        bed.until(live, "rolled_back")
        assert bed.swarm.service("web").spec["Labels"]["env"] == "stg"
        return
    asked = bed.type("rollback --to 1 web", BOB)
    bed.work()
    assert "no rule lets you roll back web in production" in bed.private(asked)
    assert bed.rollout(live).going_back is False


def test_glass_can_be_broken_for_going_back_on_the_way_and_that_is_told() -> None:
    lists = replace(SRES, verbs=frozenset({V.ROLLBACK}))
    whole = Grant(name="grants[0] (all)", role="all", may=frozenset(VerbGroup))
    bed = a_bed(replace(PRODUCTION, approvals=lists), grant=whole, made_in="prod")
    live = bed.type("update --image reg/httpd:v2 web", CAT)
    bed.work()
    refused = bed.type("rollback web", CAT)
    bed.work()
    assert "asks for the approvals" in bed.private(refused)
    bed.type("rollback --break-glass fire web", CAT)
    bed.until(live, "rolled_back")
    assert bed.rollout(live).glass == "fire"
    assert "fire" in bed.parent(live).text


def test_the_channels_of_an_environment_hear_of_the_request_too() -> None:
    told = NotifyRule(channels=("CREL",), on=frozenset(NotifyOn))
    bed = a_bed(replace(PRODUCTION, notify=told), made_in="prod")
    name = bed.asked("scale web=3")
    bed.settle(5)
    texts = [m.content.text for m in bed.slack.messages if m.channel == "CREL"]
    assert len([text for text in texts if "approval" in text]) == 1, texts
    bed.votes(name, CAT)
    bed.until(rollout_of(name), "completed")
    bed.settle(5)
    roots = [m for m in bed.slack.messages if m.channel == "CREL" and m.thread_ts is None]
    assert len(roots) == 1
    assert "completed" in roots[0].content.text
