"""Every transition of every audited record has its entry; who did it is who asked for it."""

from dataclasses import replace

import pytest

from bot.domain.approval.record import Approval, ApprovalState, Vote
from bot.domain.audit import AuditDraft, Moved, audited, owed
from bot.domain.change import FOLLOWED, ActionKind, ChangeKind, ChangeState, DoneState
from bot.domain.policy import ApprovalRule, Decision, Outcome, Resource
from bot.domain.policy_version import PolicyVersion, found
from bot.domain.request import Principal, Source
from bot.domain.rollout.record import Posting, Purpose, Rollout, RolloutState
from bot.domain.rollout.state import TRANSITIONS
from tests.builders import NOW, a_request
from tests.contract import samples

BOB = Principal(team="T1", user="U2BOB")
EDGES = [(old, new) for old, nexts in TRANSITIONS.items() for new in sorted(nexts)]
DONE = {
    ChangeKind.RM: "removed",
    ChangeKind.NODE_UPDATE: "node_changed",
    ChangeKind.NETWORK_CREATE: "network_created",
    ChangeKind.NODE_RM: "node_removed",
    ChangeKind.NETWORK_RM: "network_removed",
}


def entry(
    before: object | None, after: object, *others: Moved, by_steward: bool = False
) -> AuditDraft:
    moves = [Moved(before=before, after=after), *others]
    (draft, *_) = owed(moves, by_steward=by_steward)
    return draft


def posting(attempt: int = 1, purpose: Purpose = Purpose.FORWARD, **fields: object) -> Posting:
    return Posting(purpose=purpose, spec={}, base_hash="h", attempt=attempt, **fields)  # type: ignore[arg-type]  # fields by name


def an_approval(**fields: object) -> Approval:
    values = {
        "id": "p-1",
        "cluster": "default",
        "subject": "r-1",
        "target": "web",
        "kind": "update",
        "request": a_request(),
        "fingerprint": "f" * 64,
        "resource": Resource(cluster="default", service="web"),
        "environment": "production",
        "rule_name": "environments.production",
        "rule": ApprovalRule(required=2),
        "asked_at": NOW,
        "expires_at": NOW,
    }
    return Approval(**{**values, **fields})  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(("old", "new"), EDGES)
def test_every_transition_of_a_rollout_has_one_entry(old: RolloutState, new: RolloutState) -> None:
    before, after = samples.rollout(state=old), samples.rollout(state=new)
    (draft,) = owed([Moved(before=before, after=after)])
    assert draft.what
    assert (draft.subject, draft.target, draft.who.user) == ("r-1", "web", "U1")
    assert owed([Moved(before=after, after=after)]) == ()


def test_the_words_of_a_rollout() -> None:
    s = RolloutState
    said = {
        (old, new): entry(samples.rollout(state=old), samples.rollout(state=new)).what
        for old, new in EDGES
    }
    assert said[s.PLANNED, s.PROGRESSING] == "started"
    assert said[s.PLANNED, s.ROLLING_BACK] == "started"
    assert said[s.PAUSED, s.PROGRESSING] == "resumed"
    assert said[s.STALLED, s.PROGRESSING] == "resumed"
    assert said[s.PROGRESSING, s.ROLLING_BACK] == "rolling_back"
    assert said[s.COMPLETED, s.PAUSED] == "paused"
    assert entry(None, samples.rollout()).what == "accepted"


@pytest.mark.parametrize("kind", ChangeKind)
@pytest.mark.parametrize("old", ChangeState)
@pytest.mark.parametrize("new", ChangeState)
def test_every_transition_of_a_change_has_one_entry(
    kind: ChangeKind, old: ChangeState, new: ChangeState
) -> None:
    before = replace(samples.change(state=old), kind=kind)
    drafts = owed([Moved(before=before, after=replace(before, state=new))])
    assert len(drafts) == (old is not new)
    if drafts and new is ChangeState.APPLIED:
        assert drafts[0].what == ("drained" if old in FOLLOWED else DONE[kind])


def test_a_drain_is_told_step_by_step_and_by_whom() -> None:
    s, action = ChangeState, samples.action(state=DoneState.DONE)
    clicked = Moved(before=samples.action(), after=action)
    begun = replace(samples.change(state=s.APPLYING), kind=ChangeKind.NODE_UPDATE)
    going, stalled = replace(begun, state=s.DRAINING), replace(begun, state=s.STALLED)
    back = replace(begun, state=s.RETURNING)
    words = [
        entry(before, after).what
        for before, after in (
            (begun, going),
            (going, stalled),
            (stalled, going),
            (going, back),
            (back, replace(back, state=s.APPLIED)),
        )
    ]
    assert words == ["node_changed", "stalled", "resumed", "drained", "node_changed"]
    over = entry(stalled, replace(stalled, state=s.ABORTED), clicked)
    assert (over.what, over.who.user) == ("aborted", action.request.by.user)


@pytest.mark.parametrize("state", DoneState)
def test_an_action_is_told_from_its_beginning_to_its_end(state: DoneState) -> None:
    assert entry(None, samples.action(state=state)).what == state.value
    drafts = owed([Moved(before=samples.action(), after=samples.action(state=state))])
    assert [draft.what for draft in drafts] == [state.value] * (state is not DoneState.ACCEPTED)


@pytest.mark.parametrize("state", ApprovalState)
def test_every_end_of_an_approval_has_one_entry(state: ApprovalState) -> None:
    drafts = owed([Moved(before=an_approval(), after=an_approval(state=state))])
    assert [draft.what for draft in drafts] == [state.value] * (state is not ApprovalState.PENDING)


def test_a_vote_is_the_voters_and_says_what() -> None:
    asked = an_approval()
    assert entry(None, asked).what == "requested"
    no = Vote(user="U2BOB", yes=False, at=NOW, reason="not on a Friday")
    ended = an_approval(votes=(no,), state=ApprovalState.REJECTED, ended_by="U2BOB")
    click = samples.action(state=DoneState.DONE)
    click = replace(click, request=replace(click.request, id="a-1", by=BOB, source=Source.BUTTON))
    moves = [Moved(before=asked, after=ended), Moved(before=samples.action(), after=click)]
    voted, rejected, done = owed(moves)
    assert (voted.what, voted.who, voted.source) == ("voted", BOB, "button")
    assert voted.result == "no: not on a Friday"
    assert (rejected.what, rejected.who) == ("rejected", BOB)
    assert done.what == "done"
    assert voted.fingerprint == "f" * 64


def test_what_a_person_does_to_anothers_rollout_is_that_persons() -> None:
    before = samples.rollout(state=RolloutState.PAUSED, blame="U2BOB")
    after = replace(before, state=RolloutState.PROGRESSING)
    click = samples.action(state=DoneState.DONE)
    click = replace(
        click,
        kind=ActionKind.RESUME,
        request=replace(click.request, id="a-1", by=BOB, source=Source.BUTTON, line="resume web"),
    )
    told = entry(before, after, Moved(before=samples.action(), after=click))
    assert (told.what, told.who, told.source, told.line) == ("resumed", BOB, "button", "resume web")


def test_what_the_steward_sees_is_not_of_who_acted_before() -> None:
    before = samples.rollout(state=RolloutState.PROGRESSING, blame="U2BOB")
    after = replace(before, state=RolloutState.COMPLETED)
    told = entry(before, after, by_steward=True)
    assert (told.who.user, told.source) == ("U1", "steward")


def test_each_posting_is_told_when_it_is_due_and_when_it_is_made() -> None:
    first = samples.rollout(state=RolloutState.ROLLING_BACK, attempts=1, posting=posting())
    again = replace(first, attempts=2, posting=posting(2, Purpose.RESTORE))
    assert (entry(first, again).what, entry(first, again).result) == (
        "posting",
        "restore, attempt 2",
    )
    made = replace(again, posting=posting(2, Purpose.RESTORE, posted_at=NOW))
    assert (entry(again, made).what, entry(again, made).result) == ("posted", "restore, attempt 2")
    assert owed([Moved(before=made, after=replace(made, notes=4))]) == ()


def test_a_posting_that_is_put_back_in_force_was_posted_before() -> None:
    due = samples.rollout(state=RolloutState.STALLED, attempts=2, posting=posting(2))
    assert owed([Moved(before=due, after=replace(due, posting=posting(posted_at=NOW)))]) == ()


def test_a_confirming_click_and_its_absence() -> None:
    waits = samples.change(state=ChangeState.CONFIRMING)
    click = samples.action()
    click = replace(click, request=replace(click.request, id="a-1", by=BOB, source=Source.BUTTON))
    clicked = Moved(before=None, after=click)
    yes = entry(waits, replace(waits, state=ChangeState.APPLYING, confirmed_by="U2BOB"), clicked)
    assert (yes.what, yes.who, yes.source) == ("confirmed", BOB, "button")
    no = entry(waits, replace(waits, state=ChangeState.CANCELLED), clicked)
    assert (no.what, no.who) == ("cancelled", BOB)
    late = entry(waits, replace(waits, state=ChangeState.CANCELLED))
    assert (late.what, late.who.user, late.source) == ("expired", "U1", "steward")


V1 = PolicyVersion(id="eu", cluster="eu", hash="1" * 64)


@pytest.mark.parametrize(
    ("before", "hash_", "problem", "told"),
    [
        (None, "2" * 64, "", [("policy_changed", f"none → {'2' * 64}")]),
        (V1, "2" * 64, "", [("policy_changed", f"{'1' * 64} → {'2' * 64}")]),
        (V1, "1" * 64, "", []),
        (V1, "", "", [("policy_changed", f"{'1' * 64} → none")]),
        (V1, "1" * 64, "p.yml:3:1: no\np.yml:4:1: nor that", [("policy_refused", "p.yml:3:1: no")]),
        (None, "", "p.yml:3:1: no", [("policy_refused", "p.yml:3:1: no")]),
        (V1, "", "p.yml:3:1: no", [("policy_refused", "p.yml:3:1: no")]),
    ],
)
def test_a_policy_file_that_changed_is_told_and_nobody_is_named(
    before: PolicyVersion | None, hash_: str, problem: str, told: list[tuple[str, str]]
) -> None:
    after = found(before or PolicyVersion(id="eu", cluster="eu"), hash_, problem)
    drafts = owed([Moved(before=before, after=after)], by_steward=True)
    assert [(draft.what, draft.result) for draft in drafts] == told
    assert {(d.who.user, d.source, d.target, d.cluster) for d in drafts} <= {
        ("", "file", "policy", "eu")
    }


def test_a_broken_file_is_told_once_for_each_content_and_again_after_it_was_mended() -> None:
    looks = ["3:1: a", "3:1: a", "3:1: a\n5:1: b", "3:1: a", "", "3:1: a", ""]
    known, told = V1, []
    for problem in looks:
        after = found(known, V1.hash, problem)
        told.append([d.what for d in owed([Moved(before=known, after=after)])])
        known = after
    refused = ["policy_refused"]
    assert told == [refused, [], refused, refused, [], refused, []]


def test_reads_and_messages_owe_nothing() -> None:
    assert owed([Moved(before=None, after=samples.query())]) == ()
    assert owed([Moved(before=None, after=samples.message())]) == ()


def test_what_a_use_case_says_is_merged_or_stands_first() -> None:
    rollout: Rollout = samples.rollout()
    decision = Decision(outcome=Outcome.ALLOW, rule="grants[0]", reasons=("yes",))
    same = audited(rollout.request, "accepted", decision=decision)
    (merged,) = owed([Moved(before=None, after=rollout)], [same])
    assert merged.decision is not None
    assert (merged.target, merged.decision.rule) == ("web", "grants[0]")
    other = audited(rollout.request, "glass_broken", target="web", result="fire")
    assert [d.what for d in owed([Moved(before=None, after=rollout)], [other])] == [
        "glass_broken",
        "accepted",
    ]
