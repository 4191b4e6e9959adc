"""Who is asked for what, and of what kinds of change; what stands beside the asking."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ActionKind
from bot.domain.policy import NOBODY, Members, VerbGroup
from bot.ports import SlackRefusedError
from tests.unit.usecases.approving import (
    CAT,
    DAN,
    RULE,
    asking,
    changed,
    rollout_of,
)
from tests.unit.usecases.bed import ANN, BOB

UPDATE = "update --image reg/httpd:v2 web"


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
    assert bed.swarm.node("n2").availability == "drain"
    assert bed.change(made).state.value == "draining"
    bed.settle(20)
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
