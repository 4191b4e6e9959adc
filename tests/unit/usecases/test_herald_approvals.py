"""What other channels see of a request for approvals, and of what it was for."""

from dataclasses import replace

import pytest

from bot.domain.approval.record import Approval, ApprovalState, Vote
from bot.domain.change import ActionKind, Change, ChangeKind, ChangeState
from bot.domain.message import Address, Content, Message, Sent
from bot.domain.notice import root_id
from bot.domain.outbox import content_hash
from bot.domain.policy import (
    ApprovalRule,
    NotifyOn,
    NotifyRule,
    Resource,
)
from bot.domain.policy.events import LEVELS
from bot.domain.request import Place
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.subscription import Subscription
from bot.ports import (
    Put,
    SlackRefusedError,
    Transaction,
)
from bot.usecases.herald import Herald
from bot.usecases.speak import parent_id
from tests.builders import a_request, a_rollout
from tests.unit.usecases.approving import CAT, DAN, asking
from tests.unit.usecases.bed import CHANNEL, Bed
from tests.unit.usecases.hearing import (
    ON,
    a_bed,
    events,
    payload,
    replies,
    root,
    turn,
)

# -- approvals


def an_approval(subject: str, state: ApprovalState, *votes: Vote) -> Approval:
    return Approval(
        id="p-1",
        cluster="default",
        subject=subject,
        target="web",
        kind="update",
        request=a_request(),
        fingerprint="f",
        resource=Resource(cluster="default", service="web"),
        environment="production",
        rule_name="environments.production.approvals",
        rule=ApprovalRule(required=2),
        asked_at=a_request().accepted_at,
        expires_at=a_request().accepted_at,
        state=state,
        votes=votes,
    )


def asked(bed: Bed, subject: Rollout | Change, *states: ApprovalState) -> None:
    """Let the herald see a request in these states."""
    herald = Herald(store=bed.store, voice=bed.voice, gate=bed.gate)
    yes = [Vote(user=user, yes=True, at=bed.clock.now()) for user in ("U2BOB", "U3CAT")]
    before = None
    for state in states:
        after = an_approval(subject.id, state, *(yes if state is ApprovalState.APPROVED else ()))
        puts = herald.approval(before, after, subject, bed.clock.now())
        before = after
        bed.store.commit(Transaction(cluster="default", puts=puts))
        bed.clock.advance(1)


def test_a_request_and_its_rollout_share_the_message() -> None:
    bed = a_bed("C2")
    planned = a_rollout(environments=("production",), state=RolloutState.PLANNED)
    asked(bed, planned, ApprovalState.PENDING, ApprovalState.APPROVED)
    turn(bed, planned, "planned", "progressing", "completed")
    bed.settle(5)
    assert events(bed, planned.id) == ["approved", "started", "completed"]
    assert "approved by <@U2BOB>, <@U3CAT>" in root(bed, planned.id).content.text


def test_a_request_links_to_its_message() -> None:
    bed = a_bed("C2")
    content = Content(text="please")
    shown = Sent(
        channel="C1", ts="1.1", content_hash="h", at=bed.clock.now(), link="https://x.y/p1"
    )
    row = Message(
        id=parent_id("p-1"),
        cluster="default",
        subject="p-1",
        address=Address(channel="C1"),
        wanted=content,
        wanted_hash=content_hash(content),
        sent=replace(shown, content_hash=content_hash(content)),
        linked=True,
    )
    bed.store.commit(Transaction(cluster="default", puts=(Put(record=row, rev=0),)))
    planned = a_rollout(environments=("production",), state=RolloutState.PLANNED)
    asked(bed, planned, ApprovalState.PENDING)
    bed.settle(2)
    assert "<https://x.y/p1|the request>" in root(bed, planned.id).content.text


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (ApprovalState.REJECTED, ["rejected"]),
        (ApprovalState.EXPIRED, ["expired"]),
        (ApprovalState.CANCELLED, []),
        (ApprovalState.VOID, []),
    ],
)
def test_a_request_that_ends_without_a_yes(state: ApprovalState, told: list[str]) -> None:
    bed = a_bed("C2")
    planned = a_rollout(environments=("production",), state=RolloutState.PLANNED)
    asked(bed, planned, ApprovalState.PENDING, state)
    bed.settle(3)
    assert payload(root(bed, planned.id))["state"] == state.value
    assert events(bed, planned.id) == told
    row = bed.store.get(Message, root_id(planned.id, "C2"))
    assert row is not None
    assert row.value.final


def test_who_approved_is_known_though_nobody_heard_of_the_request() -> None:
    bed = a_bed("C2", on=frozenset({ON.STARTED}))
    planned = a_rollout(environments=("production",), state=RolloutState.PLANNED)
    asked(bed, planned, ApprovalState.PENDING, ApprovalState.APPROVED)
    turn(bed, planned, "planned", "progressing")
    bed.settle(3)
    assert "approved by <@U2BOB>" in root(bed, planned.id).content.text
    assert replies(bed, planned.id) == []


@pytest.mark.parametrize(
    ("kind", "target", "subscribers"),
    [(ChangeKind.RM, "web", [CHANNEL, "C2"]), (ChangeKind.NODE_UPDATE, "web", ["C2"])],
)
def test_a_request_for_a_one_step_change(
    kind: ChangeKind, target: str, subscribers: list[str]
) -> None:
    """A subscription is for services: a node called as one is another thing."""
    bed = a_bed("C2")
    bed.type("subscribe web")
    bed.work()
    elsewhere = replace(a_request(), id="c-1", place=Place(channel="C8"))
    change = Change(id="c-1", cluster="default", kind=kind, request=elsewhere, target=target)
    asked(bed, change, ApprovalState.PENDING)
    bed.settle(2)
    found = {m.channel for m in bed.slack.messages if m.message_id.startswith("c-1.n.")}
    assert sorted(found) == subscribers


def test_a_vote_is_shown_and_not_told() -> None:
    bed = a_bed("C2")
    planned = a_rollout(environments=("production",), state=RolloutState.PLANNED)
    asked(bed, planned, ApprovalState.PENDING)
    bed.settle(2)
    herald = Herald(store=bed.store, voice=bed.voice, gate=bed.gate)
    vote = Vote(user="U2BOB", yes=True, at=bed.clock.now())
    new, voted = (an_approval(planned.id, ApprovalState.PENDING, *v) for v in ((), (vote,)))
    for before, after in ((new, voted), (voted, replace(voted, reminded=True))):
        puts = herald.approval(before, after, planned, bed.clock.now())
        bed.store.commit(Transaction(cluster="default", puts=puts))
    assert puts == (), "a reminder shows nothing new"
    bed.settle(3)
    assert "approval wanted, 1 of 2" in root(bed, planned.id).content.text
    assert replies(bed, planned.id) == []


@pytest.mark.parametrize(
    ("end", "told", "loud"),
    [(ChangeState.APPLIED, "completed", False), (ChangeState.FAILED, "failed", True)],
)
def test_an_approved_removal_is_told_to_its_end(end: ChangeState, told: str, *, loud: bool) -> None:
    bed = a_bed("C2")
    elsewhere = replace(a_request(), id="c-1", place=Place(channel="C8"))
    change = Change(
        id="c-1", cluster="default", kind=ChangeKind.RM, request=elsewhere, target="web"
    )
    asked(bed, change, ApprovalState.PENDING, ApprovalState.APPROVED)
    herald = Herald(store=bed.store, voice=bed.voice, gate=bed.gate)
    begun = replace(change, state=ChangeState.APPLYING)
    assert herald.change(begun, bed.clock.now()) == ()  # its message does not stand there yet
    for state in (ChangeState.ACCEPTED, ChangeState.APPLYING, end, end):
        now = replace(change, state=state, announced=True)
        puts = herald.change(now, bed.clock.now())
        bed.store.commit(Transaction(cluster="default", puts=puts))
    bed.settle(6)
    assert events(bed, "c-1") == ["approved", "started", told]
    assert replies(bed, "c-1")[-1].broadcast == loud
    assert payload(root(bed, "c-1"))["state"] == end.value


def test_a_drain_is_told_with_its_stalls_and_nothing_of_its_progress() -> None:
    bed = a_bed("C2")
    elsewhere = replace(a_request(), id="c-1", place=Place(channel="C8"))
    kind = ChangeKind.NODE_UPDATE
    change = Change(id="c-1", cluster="default", kind=kind, request=elsewhere, target="n2")
    asked(bed, change, ApprovalState.PENDING, ApprovalState.APPROVED)
    herald = Herald(store=bed.store, voice=bed.voice, gate=bed.gate)
    going, stalled = ChangeState.DRAINING, ChangeState.STALLED
    shown = []
    for state in (ChangeState.APPLYING, going, going, stalled, stalled, going, ChangeState.ABORTED):
        now = replace(change, state=state, announced=True)
        puts = herald.change(now, bed.clock.now())
        bed.store.commit(Transaction(cluster="default", puts=puts))
        bed.settle(6)
        shown.append(payload(root(bed, "c-1"))["state"])
    assert shown == [
        *("applying", "draining", "draining", "stalled", "stalled", "draining", "aborted")
    ]
    assert events(bed, "c-1") == ["approved", "started", "stalled", "aborted"]


def test_a_removal_that_breaks_the_glass_is_told_to_its_end() -> None:
    bed = a_bed("C2", on=frozenset())
    made = bed.type("rm --break-glass 'it eats the disk' web")
    bed.work()
    bed.settle(3)
    shown = root(bed, made)
    assert payload(shown)["state"] == "applied"
    assert "Glass was broken" in shown.content.text
    assert "it eats the disk" in shown.content.text
    assert "the change's message" in shown.content.text


def test_the_begin_of_an_approved_change_links_to_its_message() -> None:
    bed = asking()
    policy = bed.policies.policy
    production = replace(
        policy.environments[0], notify=NotifyRule(channels=("C2",), on=LEVELS["all"])
    )
    bed.policies.policy = replace(policy, environments=(production, *policy.environments[1:]))
    name = bed.asked("rm web")
    bed.votes(name, CAT, DAN)
    bed.settle(6)
    made = bed.approval(name).subject
    assert events(bed, made) == ["approved", "started", "completed"]
    started = replies(bed, made)[1].content.text
    assert "|the change's message>" in started
    assert "|the request>" in started
    (shown,) = bed.parents(made)
    assert shown.ts.replace(".", "") in started.replace(".", "")


def test_a_change_whose_channel_is_closed_is_not_told_to_have_begun() -> None:
    bed = a_bed("C2")
    bed.slack.fail_channel(CHANNEL, SlackRefusedError("not_in_channel"))
    made = bed.type("rm --break-glass now web")
    bed.work()
    bed.settle(6)
    assert bed.change(made).state is ChangeState.REFUSED
    assert bed.slack.texts("C2") == []


def removed(bed: Bed) -> str:
    """Confirm that `web` goes; return the change's id."""
    made = bed.type("rm web")
    bed.work()
    assert bed.slack.texts("C2") == [], "it may still be called off"
    bed.click(ActionKind.CONFIRM, made)
    bed.work()
    bed.settle(6)
    return made


def test_a_removal_without_approvals_is_told_once_it_is_over() -> None:
    bed = a_bed("C2")
    made = removed(bed)
    shown = root(bed, made)
    assert payload(shown)["state"] == "applied"
    assert "*rm web* (cluster default): applied" in shown.content.text
    assert "the change's message" in shown.content.text
    assert replies(bed, made) == []
    assert len(bed.slack.texts("C2")) == 1


def test_who_watches_a_service_reads_that_it_is_gone() -> None:
    bed = a_bed()
    wish = Subscription(
        id="s-1",
        cluster="default",
        channel="C2",
        pattern="web*",
        on=LEVELS["all"],
        by="U2BOB",
        since=bed.clock.now(),
    )
    bed.store.commit(Transaction(cluster="default", puts=(Put(record=wish, rev=0),)))
    removed(bed)
    (told,) = bed.slack.texts("C2")
    assert "*rm web* (cluster default): applied" in told


@pytest.mark.parametrize(("on", "told"), [(LEVELS["trouble"], 0), (LEVELS["ends"], 1)])
def test_a_channel_that_wants_to_hear_of_trouble_is_not_told_of_it(
    on: frozenset[NotifyOn], told: int
) -> None:
    bed = a_bed("C2", on=on)
    removed(bed)
    assert len(bed.slack.texts("C2")) == told


def test_a_removal_that_is_called_off_is_told_to_nobody() -> None:
    bed = a_bed("C2")
    made = bed.type("rm web")
    bed.work()
    bed.click(ActionKind.CANCEL, made)
    bed.work()
    bed.settle(6)
    assert bed.slack.texts("C2") == []


@pytest.mark.parametrize(
    "line", ["node update --label-add env=prod n2", "network create web-net", "network rm back"]
)
def test_what_is_no_service_is_told_only_where_people_were_asked(line: str) -> None:
    bed = a_bed("C2")
    bed.type("network create back")
    bed.work()
    made = bed.type(line)
    bed.work()
    bed.settle(6)
    assert bed.change(made).state is ChangeState.APPLIED
    assert bed.slack.texts("C2") == []
