"""Votes, the clock, a withdrawal: what each does, and what it does not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import (
    Approval,
    ApprovalState,
    Hurdle,
    approval_id,
    cancel,
    expire,
    remind_due,
    stale,
    still_carried,
    void,
    vote,
)
from bot.domain.approval.note import ApprovalNote, notes_of
from bot.domain.approval.state import TRANSITIONS, IllegalApprovalMoveError, mermaid, move
from bot.domain.plan import FieldChange
from bot.domain.refusal import Refusal
from tests.builders import ANN, NOW, later
from tests.unit.domain.approval.samples import RULE, a_vote, an_approval

S = ApprovalState
ENDS = [state for state in S if state is not S.PENDING]


def voted(approval: Approval, *users: str) -> Approval:
    for user in users:
        after = vote(approval, a_vote(user), NOW, entitled=True)
        assert isinstance(after, Approval), after
        approval = after
    return approval


def refused(answer: object) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.why


def test_so_many_different_people_as_the_rule_asks_for() -> None:
    one = voted(an_approval(touched_at=later(-9)), "U2BOB")
    assert (one.state, one.yes, one.ended_at) == (S.PENDING, ("U2BOB",), None)
    assert one.touched_at == NOW
    two = voted(one, "U3CAT")
    assert (two.state, two.ended_by, two.ended_at) == (S.APPROVED, "U3CAT", NOW)
    assert two.touched_at == NOW


def test_one_no_ends_it_at_once() -> None:
    given = a_vote("U3CAT", yes=False, reason="not now")
    after = vote(voted(an_approval(), "U2BOB"), given, later(5), entitled=True)
    assert isinstance(after, Approval)
    assert (after.state, after.ended_by, after.reason) == (S.REJECTED, "U3CAT", "not now")
    assert (after.yes, after.ended_at) == (("U2BOB",), later(5))


def test_who_asked_does_not_count_unless_the_rule_says_so() -> None:
    mine = a_vote(ANN.user)
    assert vote(an_approval(), mine, NOW, entitled=True) == Refusal(
        why="You asked for it yourself: only other people's votes count.",
        next_step="`cancel p-7k2mq9xw` withdraws it.",
    )
    lenient = an_approval(rule=replace(RULE, self_approval=True))
    assert isinstance(vote(lenient, mine, NOW, entitled=True), Approval)


def test_who_is_not_entitled_does_not_count() -> None:
    assert "not among" in refused(vote(an_approval(), a_vote(), NOW, entitled=False))


@pytest.mark.parametrize("yes", [True, False])
def test_a_vote_stands(yes: bool) -> None:  # noqa: FBT001  a case's figure
    again = a_vote(yes=yes)
    assert "already" in refused(vote(voted(an_approval(), "U2BOB"), again, NOW, entitled=True))


def test_the_last_moment_counts_and_the_next_does_not() -> None:
    approval = an_approval()
    end = approval.expires_at
    before = end - timedelta(microseconds=1)
    assert isinstance(vote(approval, a_vote(), before, entitled=True), Approval)
    assert "expired" in refused(vote(approval, a_vote(), end, entitled=True))
    assert expire(approval, before) is None
    expired = expire(approval, end)
    assert expired is not None
    assert (expired.state, expired.ended_at, expired.touched_at) == (S.EXPIRED, end, end)


@pytest.mark.parametrize("state", ENDS)
def test_what_has_ended_moves_by_nobody(state: ApprovalState) -> None:
    approval = an_approval(state=state)
    assert vote(approval, a_vote(), NOW, entitled=True) == stale(approval)
    assert cancel(approval, ANN.user, NOW, may=True) == stale(approval)
    assert expire(approval, later(10**6)) is None
    assert not remind_due(approval, approval.expires_at - timedelta(minutes=1))
    assert state.value in stale(approval).why


def test_it_is_withdrawn_by_who_asked_or_may() -> None:
    for user, may in ((ANN.user, False), ("U2BOB", True)):
        after = cancel(an_approval(), user, NOW, may=may)
        assert isinstance(after, Approval)
        assert (after.state, after.ended_by, after.ended_at) == (S.CANCELLED, user, NOW)
    assert "U1ANN" in refused(cancel(an_approval(), "U2BOB", NOW, may=False))


def test_a_reminder_is_due_once_in_the_last_minutes() -> None:
    approval = an_approval()
    begin = approval.expires_at - timedelta(minutes=10)
    assert not remind_due(approval, begin - timedelta(seconds=1))
    assert remind_due(approval, begin)
    assert not remind_due(approval, approval.expires_at)
    assert not remind_due(replace(approval, reminded=True), begin)
    assert not remind_due(replace(approval, rule=replace(RULE, remind=None)), begin)


def test_all_votes_are_asked_again_at_the_start() -> None:
    approved = voted(an_approval(), "U2BOB", "U3CAT")
    assert still_carried(approved, {"U2BOB", "U3CAT", "U9"})
    assert not still_carried(approved, {"U2BOB"})
    assert not still_carried(an_approval(), {"U2BOB", "U3CAT"})


def test_only_an_approved_one_becomes_void() -> None:
    hurdle = Hurdle(reasons=("the tag moved",), moved=True)
    after = void(voted(an_approval(), "U2BOB", "U3CAT"), hurdle, later(9))
    assert (after.state, after.moved, after.ended_at) == (S.VOID, ("the tag moved",), later(9))
    assert not after.barred
    with pytest.raises(IllegalApprovalMoveError, match="p-7k2mq9xw: pending cannot become void"):
        void(an_approval(), hurdle, NOW)


def test_what_only_may_not_run_now_is_void_as_such_and_says_whom_it_names() -> None:
    hurdle = Hurdle(reasons=("web is locked by <@U6SAM>",), named=("U6SAM",))
    after = void(voted(an_approval(), "U2BOB", "U3CAT"), hurdle, later(9))
    assert (after.barred, after.named) == (True, ("U6SAM",))


def test_an_end_is_an_end_and_the_last_yes_is_none_yet() -> None:
    assert {state: nexts for state, nexts in TRANSITIONS.items() if nexts} == {
        S.PENDING: {S.APPROVED, S.REJECTED, S.EXPIRED, S.CANCELLED},
        S.APPROVED: {S.VOID},
    }


def test_every_state_stands_in_the_table_and_in_the_diagram() -> None:
    assert set(TRANSITIONS) == set(S)
    for state, nexts in TRANSITIONS.items():
        for other in S:
            approval = an_approval(state=state)
            if other in nexts:
                assert move(approval, other, NOW).state is other
                assert f"    {state} --> {other}\n" in mermaid()
            else:
                with pytest.raises(IllegalApprovalMoveError):
                    move(approval, other, NOW)
    assert mermaid().startswith("stateDiagram-v2\n    [*] --> pending\n")
    ends = [line for line in mermaid().splitlines() if line.endswith("--> [*]")]
    assert len(ends) == len(ENDS)


def test_its_id_is_its_subjects() -> None:
    assert approval_id("r-7k2mq9xw") == approval_id("p-7k2mq9xw") == "p-7k2mq9xw"


def test_the_thread_holds_what_it_should_by_now() -> None:
    many = tuple(FieldChange(path=f"label {n}", old=None, new="1") for n in range(13))
    assert notes_of(an_approval()) == ()
    assert notes_of(an_approval(changes=many)) == (ApprovalNote.DETAILS,)
    for value in ("x" * 301, "sh -c\nevil", "<" * 300):
        long = (FieldChange(path="args", old=value, new="x"),)
        assert notes_of(an_approval(changes=long)) == (ApprovalNote.DETAILS,)
    typed = replace(an_approval().request, line="x" * 1_500)
    assert notes_of(an_approval(request=typed)) == (ApprovalNote.DETAILS,)
    assert notes_of(an_approval(changes=many[1:])) == ()
    assert notes_of(an_approval(reminded=True)) == (ApprovalNote.REMINDER,)
    assert notes_of(an_approval(state=S.EXPIRED)) == (ApprovalNote.ENDED,)
    assert notes_of(an_approval(state=S.APPROVED)) == ()
    own = an_approval(state=S.CANCELLED, ended_by=ANN.user)
    assert notes_of(own) == ()
    assert [note.word for note in ApprovalNote] == ["details", "reminder", "ended"]
