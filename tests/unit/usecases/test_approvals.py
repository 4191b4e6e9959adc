"""Other people's yes, from the request to the end, on a whole worker in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain.change import ActionKind
from bot.domain.policy import Members
from tests.fakes.clock import FakeClock
from tests.unit.usecases.approving import (
    CAT,
    DAN,
    EVE,
    RULE,
    SAM,
    SRE,
    asking,
    rollout_of,
)
from tests.unit.usecases.bed import ANN, BOB


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


def test_who_is_asked_reads_what_the_docker_cli_does_not_say() -> None:
    bed = asking()
    name = bed.asked("update --image reg/httpd:v2 --env-rm NOPE web")
    assert ":warning: --env-rm `NOPE` finds nothing" in bed.request_of(name).text


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
    assert f"{name} is pending, 1 of 2 said yes." in bed.says(f"approve {name}", CAT)


def test_who_is_no_approver_is_told_so_and_no_grant_replaces_it() -> None:
    bed = asking(replace(RULE, approvers=Members(users=frozenset({CAT.user, DAN.user}))))
    name = bed.asked()
    for who in (EVE, SAM):  # sam has the right `approve`
        told = bed.clicks(ActionKind.APPROVE, name, who)
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
