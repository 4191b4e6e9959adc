"""What is approved and moves before it runs is void, and the request says what moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import Approval, ApprovalState
from bot.domain.change import ActionKind
from bot.domain.policy import Members, Window
from bot.ports import Put, Transaction
from tests.unit.usecases.approving import (
    CAT,
    DAN,
    EVE,
    RULE,
    SAM,
    SRE,
    Approving,
    a_policy,
    asking,
    changed,
    rollout_of,
)
from tests.unit.usecases.bed import ANN, BOB


def test_an_update_from_outside_makes_it_void_and_says_what_moved() -> None:
    bed = asking()
    name = bed.asked()
    view = bed.swarm.service("web")
    spec = {**view.spec, "Mode": {"Replicated": {"Replicas": 5}}}
    bed.swarm.update_service(view.id, view.version, spec)
    bed.votes(name, CAT, DAN)
    assert bed.approval(name).state.value == "void"
    assert "replicas 3 → 5" in bed.request_of(name).text
    assert bed.rollout(rollout_of(name)).state.value == "refused"
    assert bed.image() == "reg/httpd:v1"
    bed.tick()
    assert any("<@U1ANN>" in note for note in bed.notes_of(name))


def test_a_moved_tag_makes_it_void_and_names_both_digests() -> None:
    bed = asking()
    name = bed.asked()
    old = bed.approval(name).digest_new
    bed.swarm.add_image("reg/httpd:v2", digest="sha256:" + "9" * 64)
    bed.votes(name, CAT, DAN)
    assert bed.approval(name).state.value == "void"
    told = bed.request_of(name).text
    assert "the tag moved" in told
    assert old[7:19] in told
    assert "9" * 12 in told


def test_a_changed_policy_makes_it_void() -> None:
    bed = asking()
    name = bed.asked()
    bed.votes(name, CAT)
    changed(bed, required=1)
    bed.votes(name, DAN)
    assert bed.approval(name).state.value == "void"
    assert "the policy was changed" in bed.request_of(name).text


def test_a_freeze_that_has_begun_makes_it_void_even_for_who_approved() -> None:
    bed = asking()
    name = bed.asked()
    now = bed.clock.now()
    window = Window(environment="production", begins=now, ends=now + timedelta(hours=1))
    bed.calendar.known.append(window)
    bed.votes(name, CAT, DAN)  # to approve needs no thaw
    assert bed.approval(name).state.value == "void"
    assert "is frozen until" in bed.request_of(name).text
    assert "it cannot run now" in bed.request_of(name).text
    assert "not what would run" not in bed.request_of(name).text


def test_whose_lock_makes_it_void_stands_by_name_and_nobody_else_does() -> None:
    bed = asking()
    name = bed.asked()
    bed.type("lock --reason 'ask <@U7TOM>' web", SAM)
    bed.work()
    bed.votes(name, CAT, DAN)
    shown = bed.request_of(name).text
    assert "locked by <@U6SAM>" in shown
    assert "it cannot run now" in shown
    assert "ask &lt;@U7TOM&gt;" in shown


def test_a_right_that_is_gone_makes_it_void() -> None:
    bed = asking()
    name = bed.asked()
    bed.votes(name, CAT)
    policy = bed.policies.policy
    roles = {**policy.roles, "team": Members(users=frozenset({CAT.user, DAN.user}))}
    bed.policies.policy = replace(policy, roles=roles)  # same hash: the rights alone decide here
    bed.votes(name, DAN)
    assert bed.approval(name).state.value == "void"
    assert "no rule lets you update web" in bed.request_of(name).text


def test_another_rollout_of_the_service_makes_it_void_and_is_named() -> None:
    bed = asking()
    first, second = bed.asked(), bed.asked("update --image reg/httpd:v3 web", BOB)
    bed.votes(first, CAT, DAN)
    bed.votes(second, CAT, DAN)
    assert bed.approval(second).state.value == "void"
    assert rollout_of(first) in bed.request_of(second).text
    bed.until(rollout_of(first), "completed")
    assert bed.image() == "reg/httpd:v2"


def test_plan_again_asks_anew_in_the_name_of_who_clicks() -> None:
    bed = asking()
    name = bed.asked()
    changed(bed)
    bed.votes(name, CAT, DAN)
    labels = [b["text"]["text"] for b in bed.request_of(name).blocks[-1]["elements"]]
    assert labels == ["Plan again"]
    bed.clicks(ActionKind.PLAN_AGAIN, name, BOB)
    again = bed.approval(name).again
    assert bed.rollout(again).request.by == BOB
    assert bed.rollout(again).state.value == "awaiting"
    new = again.replace("r-", "p-")
    bed.settle(1)
    assert f"Planned again as `{new}`" in bed.request_of(name).text
    assert f"already, as {new}." in bed.clicks(ActionKind.PLAN_AGAIN, name, CAT)
    assert "yourself" in bed.clicks(ActionKind.APPROVE, new, BOB)
    bed.votes(new, CAT, DAN)
    bed.until(again, "completed")


def test_what_is_planned_again_and_asks_nobody_is_named_itself() -> None:
    bed = asking()
    name = bed.asked()
    changed(bed)
    bed.votes(name, CAT, DAN)
    changed(bed, required=0)
    bed.clicks(ActionKind.PLAN_AGAIN, name, BOB)
    again = bed.approval(name).again
    bed.until(again, "completed")
    assert f"Planned again as `{again}`" in bed.request_of(name).text


def test_plan_again_is_for_a_void_one_and_for_who_may() -> None:
    bed = asking()
    name = bed.asked()
    assert "pending" in bed.clicks(ActionKind.PLAN_AGAIN, name, BOB)
    bed.says(f"cancel {name}", ANN)
    assert "cancelled" in bed.clicks(ActionKind.PLAN_AGAIN, name, BOB)
    other = bed.asked()
    changed(bed)
    bed.votes(other, CAT, DAN)
    assert "Not allowed" in bed.clicks(ActionKind.PLAN_AGAIN, other, EVE)
    assert bed.clicks(ActionKind.PLAN_AGAIN, "p-none", BOB) == "That request is gone."


def test_the_rights_hold_right_before_the_post() -> None:
    """Between the plan and the post the votes are asked for once more."""
    bed = asking()
    name = bed.asked()

    def leave(at: str) -> None:
        if at == "announce.after_commit":
            changed(bed, required=1)

    bed.fault = leave
    bed.votes(name, CAT, DAN)
    done = bed.until(rollout_of(name), "failed")
    assert "not allowed any more" in done.reason
    assert bed.approval(name).state.value == "void"
    assert bed.image() == "reg/httpd:v1"


@pytest.mark.parametrize("line", ["update --image reg/httpd:v2 web", "rm web"])
def test_what_needs_no_approval_any_more_is_still_bound_to_the_rules_of_its_own(line: str) -> None:
    """The votes were for a plan under those rules: under others nobody has counted them."""
    bed = asking()
    name = bed.asked(line)
    bed.fault = lambda at: changed(bed, required=0) if at in _PLANNED else None
    bed.votes(name, CAT, DAN)
    bed.settle(2)
    assert bed.approval(name).state.value == "void"
    assert not bed.approval(name).barred
    assert "the policy was changed (one → two)" in bed.request_of(name).text
    assert "the policy was changed (one → two)" in bed.parent(bed.approval(name).subject).text
    assert bed.image() == "reg/httpd:v1"


def test_what_needs_no_approval_any_more_and_lost_its_yes_does_not_run() -> None:
    bed = asking()
    name = bed.asked()

    def looser(at: str) -> None:
        if at == "announce.after_commit":
            sam_leaves(bed)
            rules = replace(RULE, required=0)
            bed.policies.policy = a_policy(rules)  # of the same hash, as if it were the same file

    sam_is_an_sre(bed)
    bed.votes(name, SAM)
    bed.fault = looser
    bed.votes(name, CAT)
    bed.until(rollout_of(name), "failed")
    bed.settle(2)
    assert "<@U6SAM> may not approve it any more" in bed.request_of(name).text
    assert bed.image() == "reg/httpd:v1"


def test_an_approval_that_was_ended_by_then_carries_nothing() -> None:
    bed = asking()
    name = bed.asked()

    def ended(at: str) -> None:
        if at == "announce.after_commit":
            stored = bed.store.get(Approval, name)
            assert stored is not None
            void = replace(stored.value, state=ApprovalState.VOID)
            bed.store.commit(
                Transaction(cluster="default", puts=(Put(record=void, rev=stored.rev),))
            )
            bed.policies.policy = a_policy(replace(RULE, required=0))

    bed.fault = ended
    bed.votes(name, CAT, DAN)
    assert "not approved" in bed.until(rollout_of(name), "failed").reason
    assert bed.image() == "reg/httpd:v1"


def test_an_update_right_before_the_post_supersedes_and_voids() -> None:
    bed = asking()
    name = bed.asked()

    def meddle(at: str) -> None:
        if at == "announce.after_commit":
            view = bed.swarm.service("web")
            spec = {**view.spec, "Mode": {"Replicated": {"Replicas": 5}}}
            bed.swarm.update_service(view.id, view.version, spec)

    bed.fault = meddle
    bed.votes(name, CAT, DAN)
    bed.until(rollout_of(name), "superseded")
    assert bed.approval(name).state.value == "void"


def test_an_approved_one_that_could_not_start_for_long_is_void() -> None:
    bed = asking()
    name = bed.asked()
    bed.clock.advance(60 * 20)  # longer than a command waits for a worker: it waited for people
    bed.votes(name, CAT)
    bed.click(ActionKind.APPROVE, name, DAN)
    job = bed.queue.take()
    bed.use.runner(job.name).run(job.subject)
    bed.clock.advance(60 * 16)  # and then no worker came
    bed.work()
    assert bed.approval(name).state.value == "void"
    assert "in time" in bed.request_of(name).text


def sam_is_an_sre(bed: Approving) -> None:
    bed.people.members[SRE] = {SAM.user}


def sam_leaves(bed: Approving) -> None:
    """Let sam leave the group; what was heard some seconds ago still has sam in it."""
    bed.people.heard[SRE] = {SAM.user}
    bed.people.members[SRE] = set()


def test_who_left_the_group_a_second_ago_does_not_count_at_the_start() -> None:
    bed = asking()
    name = bed.asked()
    sam_is_an_sre(bed)
    bed.votes(name, SAM)
    assert bed.people.asked == []  # a vote is taken by what is known
    sam_leaves(bed)
    bed.votes(name, CAT)
    assert bed.people.asked == [frozenset({SRE})]
    assert bed.approval(name).state.value == "void"
    told = bed.request_of(name).text
    assert "<@U6SAM> may not approve it any more: 1 of 2 are left" in told
    assert bed.rollout(rollout_of(name)).state.value == "refused"
    assert bed.image() == "reg/httpd:v1"


@pytest.mark.parametrize("line", ["update --image reg/httpd:v2 web", "rm web"])
def test_who_leaves_between_the_plan_and_the_change_does_not_count(line: str) -> None:
    bed = asking()
    name = bed.asked(line)
    sam_is_an_sre(bed)
    bed.votes(name, SAM)
    bed.fault = lambda at: sam_leaves(bed) if at in _PLANNED else None
    bed.votes(name, CAT)
    bed.settle(2)
    assert bed.approval(name).state.value == "void"
    told = bed.request_of(name).text
    assert "<@U6SAM> may not approve it any more: 1 of 2 are left" in told
    parent = bed.parent(bed.approval(name).subject).text
    assert "not enough of those who said yes may approve it now" in parent
    assert bed.image() == "reg/httpd:v1"


_PLANNED = {"announce.after_commit", "change.after_plan"}


@pytest.mark.parametrize("old", [False, True])
def test_while_slack_is_away_what_it_said_within_a_minute_counts(*, old: bool) -> None:
    bed = asking()
    name = bed.asked()
    sam_is_an_sre(bed)
    bed.votes(name, SAM)
    bed.people.heard[SRE] = {SAM.user}
    bed.people.away, bed.people.old = True, old
    bed.votes(name, CAT)
    assert bed.approval(name).state.value == ("void" if old else "approved")
