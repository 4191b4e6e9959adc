"""Notices in every state, as the golden files show them."""

from dataclasses import replace
from typing import Any

from bot.domain.approval.record import Approval, ApprovalState, Vote
from bot.domain.change import Change, ChangeState
from bot.domain.notice import Notice
from bot.domain.policy import ApprovalRule, NotifyOn, Resource
from bot.domain.rollout.record import (
    Rollout,
)
from tests.builders import (
    ANN,
    BOB,
    NOW,
    a_request,
    later,
)
from tests.unit.rendering.samples import S, rollout, rollouts
from tests.unit.rendering.samples_changes import a_change

LINK = "https://waggle.slack.com/archives/C1/p1700000000000100"


def an_approval(state: ApprovalState, *votes: Vote, **fields: Any) -> Approval:
    """A request for two people's yes to the update of `web`."""
    values: dict[str, Any] = {
        "id": "p-5t",
        "cluster": "default",
        "subject": "r-7k2mq9xw",
        "target": "web",
        "kind": "update",
        "request": a_request(),
        "fingerprint": "f1" * 32,
        "resource": Resource(cluster="default", service="web"),
        "environment": "production",
        "rule_name": "environments.production.approvals",
        "rule": ApprovalRule(required=2),
        "asked_at": NOW,
        "expires_at": later(1800),
    }
    return Approval(**{**values, "state": state, "votes": votes, **fields})


def notices() -> dict[str, Notice]:
    """The parent in each state, and each kind of message in its thread."""
    have, on = rollouts(), NotifyOn
    why = {"verb": "update", "options": {"reason": "fix"}}
    glass: dict[str, Any] = {"request": a_request(command=why), "glass": "the <shop> is down"}
    broken = rollout(S.PROGRESSING, **glass)
    turned = rollout(S.ROLLING_BACK, **glass)
    to_review = replace(have["completed"], glass="the <shop> is down", reviews=("U2BOB",))
    removed = a_change(ChangeState.APPLIED, glass="the disk is full", reviews=("U2BOB", "U3CAT"))
    yes = tuple(Vote(user=who.user, yes=True, at=NOW) for who in (BOB, ANN))
    no = Vote(user=BOB.user, yes=False, at=NOW, reason="not on a <!channel> Friday")
    planned = have["planned"]
    asked: dict[str, Any] = {"link": LINK, "request_link": f"{LINK}?a=1&b=2"}
    by_two: dict[str, Any] = {"approved_by": ("U2BOB", "U3CAT"), **asked}
    stands: dict[str, tuple[Rollout | Change, Approval]] = {
        "requested": (planned, an_approval(ApprovalState.PENDING, yes[0])),
        "approved": (planned, an_approval(ApprovalState.APPROVED, *yes)),
        "rejected": (planned, an_approval(ApprovalState.REJECTED, no)),
        "expired": (planned, an_approval(ApprovalState.EXPIRED)),
        "cancelled": (planned, an_approval(ApprovalState.CANCELLED)),
        "void": (planned, an_approval(ApprovalState.VOID, moved=("replicas <moved>",))),
        "barred": (
            planned,
            an_approval(
                ApprovalState.VOID, moved=("locked by <@U6SAM>",), barred=True, named=("U6SAM",)
            ),
        ),
        "requested_removal": (a_change(ChangeState.ACCEPTED), an_approval(ApprovalState.PENDING)),
    }
    told = {
        "started": (have["progressing"], on.STARTED),
        "paused": (have["paused"], on.PAUSED),
        "stalled": (have["stalled"], on.STALLED),
        "completed": (have["completed"], on.COMPLETED),
        "rolled_back": (have["rolled_back_by_swarm"], on.ROLLED_BACK),
        "failed": (have["failed"], on.FAILED),
        "aborted": (have["aborted"], on.ABORTED),
        "superseded": (have["superseded"], on.SUPERSEDED),
        "broken_glass": (broken, on.STARTED),
        "broken_glass_back": (turned, on.STARTED),
        "broken_glass_ended": (to_review, on.COMPLETED),
    }
    asking = {"requested": on.REQUESTED, "approved": on.APPROVED, "rejected": on.REJECTED}
    made = {name: Notice(subject=one, **by_two) for name, one in have.items()}
    made |= {
        name: Notice(subject=one, approval=approval, **asked)
        for name, (one, approval) in stands.items()
    }
    made |= {f"{name}_event": Notice(subject=o, event=e, **asked) for name, (o, e) in told.items()}
    for name, event in {**asking, "expired": on.EXPIRED}.items():
        made[f"{name}_event"] = replace(made[name], event=event, approved_by=("U2BOB", "U3CAT"))
    return made | {
        "broken_glass": Notice(subject=broken),
        "broken_glass_reviewed": Notice(subject=removed),
        "no_link": Notice(subject=have["progressing"]),
        "change": Notice(subject=a_change(ChangeState.APPLIED)),
    }
