"""Votes that meet others, and what a yes is worth: nothing is lost, nothing counts twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.approval import Approval, Vote
from bot.domain.change import Action, ActionKind, DoneState
from bot.domain.policy import Grant, Members, VerbGroup
from bot.jobs import JobName
from bot.ports import ConflictError, Put, Transaction
from bot.usecases.mandate import Mandate
from tests.unit.domain.approval.samples import an_approval
from tests.unit.domain.policy.rules import issue_policy
from tests.unit.usecases.approving import CAT, DAN, RULE, SAM, SRE, Approving, asking
from tests.unit.usecases.bed import ANN, BOB, CHANNEL

BEFORE = "vote.before_commit"


def at_the_first(act: Callable[[], object]) -> Callable[[str], None]:
    """Act once, right before a vote is written."""
    left = [act]

    def fault(point: str) -> None:
        if point == BEFORE and left:
            left.pop()()

    return fault


def written(bed: Approving, approval: Approval) -> None:
    """Write an approval, whatever is there."""
    stored = bed.store.get(Approval, approval.id)
    put = Put(record=approval, rev=stored.rev if stored else 0)
    bed.store.commit(Transaction(cluster="default", puts=(put,)))


def as_recorded(bed: Approving, action: str) -> Action:
    stored = bed.store.get(Action, action)
    assert stored is not None
    return stored.value


def test_a_vote_that_comes_second_is_counted_on_the_first() -> None:
    bed = asking()
    name = bed.asked()
    bed.fault = at_the_first(lambda: bed.votes(name, DAN))
    action = bed.click(ActionKind.APPROVE, name, CAT)
    bed.work()
    assert bed.approval(name).yes == (DAN.user, CAT.user)
    assert bed.approval(name).state.value == "approved"
    assert as_recorded(bed, action).touched_at == bed.clock.now()
    assert {each.cluster for each in bed.store.commits} == {"default"}


def test_the_points_at_which_a_kill_is_tried_are_passed() -> None:
    bed = asking()
    name = bed.asked()
    bed.points.clear()
    bed.votes(name, CAT)
    passed = [point for point in bed.points if point.startswith("vote.")]
    assert passed == ["vote.before_commit", "vote.after_commit", "vote.after_enqueue"]


def test_who_votes_is_told_the_figures() -> None:
    bed = asking()
    name = bed.asked()
    told = bed.says(f"approve {name}", CAT)
    assert f"Your yes counts: {name} is pending, 1 of 2 said yes." in told
    told = bed.says(f"reject {name} not now", DAN)
    assert f"Your no counts: {name} is rejected, 1 of 2 said yes." in told


def test_an_approver_without_any_grant_votes_and_who_is_none_does_not() -> None:
    bed = asking()
    name = bed.asked()
    policy = bed.policies.policy
    bed.policies.policy = replace(policy, grants=policy.grants[:1])
    assert "not among those who may approve in production" in bed.clicks(
        ActionKind.APPROVE, name, SAM
    )
    bed.votes(name, CAT)
    assert bed.approval(name).yes == (CAT.user,)


def test_by_the_first_policy_that_was_asked_for_two_of_the_group_approve() -> None:
    """No line of it grants `approve`."""
    bed = Approving()
    bed.done("create --name web --label env=prod --replicas 3 reg/httpd:v1")
    rules = issue_policy()
    here = tuple(replace(each, channels=None) for each in rules.grants)
    bed.policies.policy = replace(rules, grants=here)
    bed.people.members = {"S0OPS": {ANN.user, BOB.user}, "S0SRE": {CAT.user, DAN.user}}
    name = bed.asked("scale web=5")
    assert "not among those who may approve" in bed.clicks(ActionKind.APPROVE, name, BOB)
    bed.votes(name, CAT)
    assert bed.approval(name).state.value == "pending"
    bed.votes(name, DAN)
    assert bed.approval(name).state.value == "approved"
    bed.until(bed.approval(name).subject, "completed")
    assert bed.replicas() == 5


def test_a_withdrawal_of_anothers_request_is_heard_where_the_right_holds() -> None:
    bed = asking()
    name = bed.asked()
    policy = bed.policies.policy
    for channel in ("C9", CHANNEL):
        limited = [replace(each, channels=frozenset({channel})) for each in policy.grants]
        bed.policies.policy = replace(policy, grants=tuple(limited))
        told = bed.clicks(ActionKind.CANCEL_REQUEST, name, SAM)
        assert ("Not allowed" in told) is (channel != CHANNEL)
    assert bed.approval(name).ended_by == SAM.user


def test_who_asked_may_take_it_back_without_any_other_right() -> None:
    bed = asking()
    name = bed.asked()
    policy = bed.policies.policy
    bed.policies.policy = replace(policy, grants=policy.grants[:1])
    bed.clicks(ActionKind.CANCEL_REQUEST, name, ANN)
    assert bed.approval(name).state.value == "cancelled"


def test_a_word_about_nothing_closes_the_action() -> None:
    bed = asking()
    action = bed.click(ActionKind.APPROVE, "p-none", CAT)
    bed.work()
    closed = as_recorded(bed, action)
    assert (closed.state, closed.touched_at) == (DoneState.REFUSED, bed.clock.now())
    assert "There is no request for approval `p-none`." in bed.private(action)


def test_a_twin_of_the_job_counts_the_vote_once() -> None:
    bed = asking()
    name = bed.asked()
    action = bed.click(ActionKind.APPROVE, name, CAT)
    twin = bed.wired().act
    bed.fault = at_the_first(lambda: twin.run(action))
    bed.work()
    assert bed.approval(name).yes == (CAT.user,)
    assert as_recorded(bed, action).state is DoneState.DONE


def test_a_vote_that_never_gets_through_is_left_for_another_run() -> None:
    bed = asking()
    name = bed.asked()
    action = bed.click(ActionKind.APPROVE, name, CAT)
    tries: list[str] = []

    def somebody_else(point: str) -> None:
        if point == BEFORE:
            tries.append(point)
            written(bed, bed.approval(name))

    bed.fault = somebody_else
    with pytest.raises(ConflictError) as error:
        bed.work()
    assert (error.value.guard, error.value.found, len(tries)) == ("rev", name, 500)
    assert as_recorded(bed, action).state is DoneState.ACCEPTED
    assert bed.approval(name).votes == ()


def test_the_last_yes_for_what_is_gone_starts_nothing() -> None:
    bed = asking()
    gone = replace(bed.approval(bed.asked()), id="p-gone", subject="r-gone")
    written(bed, gone)
    put = len(bed.queue.enqueued)
    bed.votes(gone.id, CAT, DAN)
    assert bed.approval(gone.id).state.value == "approved"
    assert {job.name for job in bed.queue.enqueued[put:]} == {JobName.ACT}


@pytest.mark.parametrize("lacks", ["nothing", "approval", "plan", "rules", "yes", "person"])
def test_an_approval_holds_for_its_very_plan_under_its_very_rules(lacks: str) -> None:
    bed = asking()
    approval = bed.approval(bed.asked())
    bed.votes(approval.id, CAT, DAN)
    approval = bed.approval(approval.id)
    fingerprint = approval.fingerprint
    given: Approval | None = approval
    if lacks == "approval":
        given = None
    elif lacks == "plan":
        fingerprint = an_approval().fingerprint
    elif lacks == "rules":
        given = replace(approval, policy_hash="two")
    elif lacks == "yes":
        given = replace(approval, votes=approval.votes[:1])
    elif lacks == "person":
        stranger = Vote(user="U9ZOE", yes=True, at=approval.asked_at)
        given = replace(approval, votes=(approval.votes[0], stranger))
    lapse = Mandate(gate=bed.gate).lapse(given, fingerprint)
    assert (lapse is None) is (lacks == "nothing")
    assert ("<@U9ZOE> may not approve" in (lapse or "")) is (lacks == "person")


def test_only_those_who_said_yes_carry_it() -> None:
    bed = asking()
    approval = bed.approval(bed.asked())
    no = Vote(user=DAN.user, yes=False, at=approval.asked_at, channel="C1")
    yes = Vote(user=CAT.user, yes=True, at=approval.asked_at, channel="C1")
    assert Mandate(gate=bed.gate).carriers(replace(approval, votes=(yes, no))) == {CAT.user}


def test_slack_is_asked_about_the_groups_that_decide_and_no_others() -> None:
    bed = asking()
    approval = bed.approval(bed.asked())
    policy = bed.policies.policy
    production, *others = policy.environments
    now = replace(RULE, approvers=Members(groups=frozenset({"S0OPS"})))
    environments = (replace(production, approvals=now), *others)
    roles = {"readers": Members(groups=frozenset({"S0ALL"}))}
    read = frozenset({VerbGroup.READ, VerbGroup.APPROVE})
    grant = Grant(name="grants[3] (readers)", role="readers", may=read)
    bed.policies.policy = replace(
        policy,
        roles={**policy.roles, **roles},
        grants=(*policy.grants, grant),
        environments=environments,
    )
    also = (Members(groups=frozenset({"S0DBA"})),)
    Mandate(gate=bed.gate).carriers(replace(approval, rule=replace(approval.rule, also=also)))
    assert bed.people.asked == [frozenset({SRE, "S0OPS", "S0DBA"})]
