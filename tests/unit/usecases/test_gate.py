"""What the gate gathers: the person's groups, the channel, the clock. Votes are counted by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain.approval import Approval, Vote
from bot.domain.change import ActionKind
from bot.domain.lock import Lock
from bot.domain.policy import (
    OPEN,
    Grant,
    Members,
    Outcome,
    Policy,
    Resource,
    Side,
    VerbGroup,
    Window,
)
from bot.domain.refusal import Refusal
from bot.ports import Put, Transaction
from bot.usecases.gate import Circumstance, Gate
from bot.usecases.mandate import Mandate, Word
from tests.builders import ANN, BOB, NOW, later
from tests.contract import samples
from tests.fakes.clock import FakeClock
from tests.fakes.policy import FakeCalendar, FakePeople, FakePolicies, a_gate
from tests.fakes.store import FakeRecordStore
from tests.unit.domain.approval.samples import a_vote, an_approval

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


@pytest.mark.parametrize(("channel", "counts"), ROOMS)
def test_a_vote_counts_where_the_right_to_approve_holds(
    channel: str,
    counts: bool,  # noqa: FBT001  a case's figure
) -> None:
    after = counted(ActionKind.APPROVE, channel)
    assert isinstance(after, Approval) is counts
    if isinstance(after, Approval):
        assert after.votes == (Vote(user=BOB.user, yes=True, at=later(5), channel="C1"),)


@pytest.mark.parametrize(("channel", "may"), ROOMS)
def test_an_approver_cancels_where_the_right_to_approve_holds(
    channel: str,
    may: bool,  # noqa: FBT001  a case's figure
) -> None:
    after = counted(ActionKind.CANCEL_REQUEST, channel)
    assert isinstance(after, Approval) is may
    if isinstance(after, Approval):
        assert (after.ended_by, after.ended_at) == (BOB.user, later(5))


@pytest.mark.parametrize(("channel", "carries"), ROOMS)
def test_a_yes_carries_by_the_channel_in_which_it_was_given(
    channel: str,
    carries: bool,  # noqa: FBT001  a case's figure
) -> None:
    approval = an_approval(votes=(a_vote(BOB.user, channel=channel),))
    assert Mandate(gate=one_room()).carriers(approval) == ({BOB.user} if carries else set())


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
