"""What the gate gathers: the person's groups, the channel, the clock. Votes are counted by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain.approval import Approval, Vote
from bot.domain.change import ActionKind
from bot.domain.lock import Lock
from bot.domain.policy import (
    NOBODY,
    OPEN,
    ApprovalRule,
    Criterion,
    Environment,
    Grant,
    Members,
    On,
    Outcome,
    Policy,
    Resource,
    Side,
    VerbGroup,
    Window,
)
from bot.domain.refusal import Refusal
from bot.domain.request import Principal
from bot.ports import Put, Transaction
from bot.usecases.gate import Circumstance, Gate
from bot.usecases.mandate import Mandate, Word
from tests.builders import ANN, BOB, NOW, a_request, later
from tests.contract import samples
from tests.fakes.clock import FakeClock
from tests.fakes.policy import FakeCalendar, FakePeople, FakePolicies, a_gate
from tests.fakes.store import FakeRecordStore
from tests.unit.domain.approval.samples import a_vote, an_approval

CAT = Principal(team="T1", user="U3CAT")
DAN = Principal(team="T1", user="U4DAN")
WEB = Resource(cluster="default", service="web")
SEEN = replace(WEB, sides=(Side(),))
ONE_ROOM = Policy(
    hash="one",
    roles={"sre": Members(groups=frozenset({"S0SRE"}))},
    grants=(
        Grant(
            name="grants[0] (sre)",
            role="sre",
            may=frozenset({VerbGroup.UPDATE, VerbGroup.APPROVE}),
            channels=frozenset({"C1"}),
        ),
    ),
    environments=(
        Environment(
            name="production",
            match=Criterion(On.CLUSTER, "elsewhere"),
            approvals=ApprovalRule(required=2, approvers=Members(groups=frozenset({"S0SRE"}))),
        ),
    ),
)
ROOMS = [("C1", True), ("C9", False), ("", False)]


def one_room() -> Gate:
    """Return a gate by which SREs (bob is one) may update and approve, in C1 alone."""
    people = FakePeople({"S0SRE": {BOB.user}})
    return replace(a_gate(ONE_ROOM, FakeClock(NOW)), people=people)


def counted(kind: ActionKind, channel: str) -> Approval | Refusal:
    said = Word(kind=kind, by=BOB, channel=channel)
    return Mandate(gate=one_room()).counted(an_approval(), said, later(5))


def test_a_stranger_is_one_by_their_own_groups() -> None:
    assert one_room().stranger(BOB, "default", "C1") is None
    assert one_room().stranger(ANN, "default", "C1") is not None


def test_a_stranger_is_one_in_that_swarm() -> None:
    grants = tuple(replace(each, clusters=frozenset({"eu"})) for each in ONE_ROOM.grants)
    people = FakePeople({"S0SRE": {BOB.user}})
    gate = replace(a_gate(replace(ONE_ROOM, grants=grants), FakeClock(NOW)), people=people)
    assert gate.stranger(BOB, "eu", "C1") is None
    assert gate.stranger(BOB, "us", "C1") is not None


@pytest.mark.parametrize(("channel", "may"), ROOMS)
def test_a_right_holds_in_its_channel(channel: str, may: bool) -> None:  # noqa: FBT001
    how = Circumstance(channel=channel)
    decision = one_room().decide(BOB, VerbGroup.UPDATE, WEB, how)
    assert decision.outcome is (Outcome.ALLOW if may else Outcome.DENY)


def test_a_right_is_that_of_the_persons_own_groups() -> None:
    how = Circumstance(channel="C1")
    assert one_room().decide(ANN, VerbGroup.UPDATE, WEB, how).outcome is Outcome.DENY
    away = replace(one_room(), people=FakePeople({"S0SRE": {BOB.user}}, away=True))
    assert "Slack could not be asked" in away.decide(BOB, VerbGroup.UPDATE, WEB, how).why


@pytest.mark.parametrize(("channel", "may"), ROOMS)
def test_reading_many_things_is_decided_as_reading_one(channel: str, may: bool) -> None:  # noqa: FBT001
    """A long list takes one look at the groups of who reads it."""
    read = replace(ONE_ROOM.grants[0], may=frozenset({VerbGroup.READ}))
    rules = replace(ONE_ROOM, grants=(read,))
    gate = replace(one_room(), policies=FakePolicies(rules))
    decided = gate.reader(rules, BOB, channel)(WEB)
    assert decided == gate.decide(BOB, VerbGroup.READ, WEB, Circumstance(channel=channel))
    assert decided.outcome is (Outcome.ALLOW if may else Outcome.DENY)
    assert gate.reader(rules, ANN, channel)(WEB).outcome is Outcome.DENY


def test_it_decides_by_its_own_clock() -> None:
    assert one_room().now() == NOW


class FrozenByTheseRules(FakeCalendar):
    def windows(self, policy: Policy, begin: datetime, end: datetime) -> tuple[Window, ...]:
        return super().windows(policy, begin, end) if policy == ONE_ROOM else ()


def test_the_calendar_is_asked_about_the_rules_in_force() -> None:
    weekend = Window(environment="default", begins=NOW, ends=later(60))
    gate = replace(one_room(), calendar=FrozenByTheseRules([weekend]))
    decision = gate.decide(BOB, VerbGroup.UPDATE, SEEN, Circumstance(channel="C1"))
    assert decision.rule == "freeze or lock"


@pytest.mark.parametrize("channel", [channel for channel, _ in ROOMS])
def test_a_vote_counts_wherever_an_approver_gives_it(channel: str) -> None:
    after = counted(ActionKind.APPROVE, channel)
    assert isinstance(after, Approval)
    assert after.votes == (Vote(user=BOB.user, yes=True, at=later(5), channel=channel),)


@pytest.mark.parametrize("kind", [ActionKind.APPROVE, ActionKind.REJECT])
def test_to_be_listed_is_the_right_to_vote_and_a_grant_is_not(kind: ActionKind) -> None:
    listed = replace(ONE_ROOM, grants=())
    everybody = replace(ONE_ROOM.grants[0], role="all")
    granted = replace(ONE_ROOM, roles={"all": Members(everyone=True)}, grants=(everybody,))
    for rules, who, outcome in (
        (listed, BOB, Outcome.ALLOW),
        (listed, ANN, Outcome.DENY),
        (granted, DAN, Outcome.DENY),
    ):
        gate = replace(one_room(), policies=FakePolicies(rules))
        said = Word(kind=kind, by=who, channel="C1")
        asked = replace(an_approval(), request=a_request(by=CAT))
        assert Mandate(gate=gate).judged(asked, said).outcome is outcome


def test_a_vote_needs_the_rules_in_force_as_well() -> None:
    """They were changed since it was asked: whom they list no more has no vote at once."""
    production = ONE_ROOM.environments[0]
    ops = Members(groups=frozenset({"S0OPS"}))
    others = replace(production, approvals=replace(production.approvals, approvers=ops))
    for environments in ((), (replace(production, name="prod"),), (others,)):
        rules = replace(ONE_ROOM, environments=environments)
        gate = replace(one_room(), policies=FakePolicies(rules))
        said = Word(kind=ActionKind.APPROVE, by=BOB, channel="C1")
        decision = Mandate(gate=gate).judged(an_approval(), said)
        assert decision.outcome is Outcome.DENY
        assert decision.why == "you are not among those who may approve in production"
        assert decision.rule == "environments.production.approvals.approvers"


def test_with_rules_that_grant_nothing_nobody_votes_and_that_is_said() -> None:
    gate = replace(one_room(), policies=FakePolicies(NOBODY))
    for kind in (ActionKind.APPROVE, ActionKind.REJECT):
        for who in (BOB, ANN):  # ann has asked for it
            decision = Mandate(gate=gate).judged(
                an_approval(), Word(kind=kind, by=who, channel="C1")
            )
            assert decision.outcome is Outcome.DENY
            assert decision.why.startswith("no rule lets you ")
            assert "the policy grants nothing to anybody" in decision.why


def test_whose_groups_nobody_can_tell_has_no_vote_and_is_told_why() -> None:
    away = replace(one_room(), people=FakePeople({"S0SRE": {BOB.user}}, away=True))
    said = Word(kind=ActionKind.APPROVE, by=BOB, channel="C1")
    decision = Mandate(gate=away).judged(an_approval(), said)
    assert decision.outcome is Outcome.DENY
    assert "Slack could not be asked for your user groups" in decision.why


@pytest.mark.parametrize(("channel", "may"), ROOMS)
def test_an_approver_cancels_where_the_right_to_approve_holds(
    channel: str,
    may: bool,  # noqa: FBT001  a case's figure
) -> None:
    after = counted(ActionKind.CANCEL_REQUEST, channel)
    assert isinstance(after, Approval) is may
    if isinstance(after, Approval):
        assert (after.ended_by, after.ended_at) == (BOB.user, later(5))


def test_a_yes_carries_while_the_person_is_an_approver() -> None:
    votes = (a_vote(BOB.user, channel="C9"), a_vote(ANN.user, channel="C1"))
    assert Mandate(gate=one_room()).carriers(an_approval(votes=votes)) == {BOB.user}


@pytest.mark.parametrize(
    ("verb", "how", "outcome"),
    [
        (VerbGroup.UPDATE, Circumstance(channel="C1"), Outcome.DENY),
        (VerbGroup.UPDATE, Circumstance(channel="C1", break_glass=True), Outcome.ALLOW),
        (VerbGroup.UPDATE, Circumstance(channel="C1", sends_nothing=True), Outcome.ALLOW),
        (VerbGroup.READ, Circumstance(channel="C1"), Outcome.ALLOW),
    ],
)
def test_a_lock_that_cannot_be_read_locks_everything(
    verb: VerbGroup, how: Circumstance, outcome: Outcome
) -> None:
    store = FakeRecordStore()
    store.commit(Transaction(cluster="default", puts=(Put(record=samples.lock("l-1"), rev=0),)))
    store.spoil(Lock, "l-1")
    elsewhere = Resource(cluster="default", service="api", sides=(Side(),))
    decision = a_gate(OPEN, FakeClock(NOW), store).decide(BOB, verb, elsewhere, how)
    assert decision.outcome is outcome
    assert (outcome is Outcome.DENY) is ("`waggle:lock:l-1`" in decision.why)
