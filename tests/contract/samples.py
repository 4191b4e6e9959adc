"""Short literals of records, for the contract suites."""

from datetime import datetime, timedelta
from typing import Any

from bot.domain.approval import Approval, Vote
from bot.domain.change import Action, ActionKind, Change, ChangeKind, Query
from bot.domain.lock import Lock, Scope, ScopeKind
from bot.domain.message import Address, Content, Message
from bot.domain.notice import Circulation
from bot.domain.plan import Kind
from bot.domain.policy import ApprovalRule, Members, NotifyOn, Resource, Side
from bot.domain.request import Place, Principal, Request, Source
from bot.domain.revision import History, RevisionEntry, RevisionSpec
from bot.domain.rollout.record import Rollout
from bot.domain.subscription import Subscription
from tests.fakes.clock import START


def request(record_id: str, at: datetime = START, cluster: str = "default") -> Request:
    return Request(
        id=record_id,
        cluster=cluster,
        by=Principal(team="T1", user="U1"),
        place=Place(channel="C1"),
        source=Source.SLASH,
        line="scale web=3",
        command={"verb": "scale", "targets": ["web"]},
        accepted_at=at,
    )


def rollout(record_id: str = "r-1", at: datetime = START, **fields: Any) -> Rollout:
    cluster = fields.pop("cluster", "default")
    return Rollout(
        id=record_id,
        cluster=cluster,
        kind=Kind.SCALE,
        request=request(record_id, at, cluster),
        service=fields.pop("service", "web"),
        **fields,
    )


def change(record_id: str = "c-1", **fields: Any) -> Change:
    return Change(
        id=record_id,
        cluster="default",
        kind=ChangeKind.RM,
        request=request(record_id),
        target="web",
        **fields,
    )


def action(record_id: str = "a-1", **fields: Any) -> Action:
    return Action(
        id=record_id,
        cluster="default",
        kind=ActionKind.ABORT,
        request=request(record_id),
        **fields,
    )


def approval(record_id: str = "p-1", at: datetime = START, **fields: Any) -> Approval:
    values: dict[str, Any] = {
        "cluster": "default",
        "subject": record_id.replace("p-", "r-"),
        "target": "web",
        "kind": "scale",
        "request": request(record_id.replace("p-", "r-"), at),
        "fingerprint": "f",
        "resource": Resource(
            cluster="default",
            service="web",
            sides=(Side(labels={"env": "prod"}, constraints=frozenset({"node.role==worker"})),),
        ),
        "environment": "production",
        "rule_name": "environments.production.approvals",
        "rule": ApprovalRule(required=2, approvers=Members(groups=frozenset({"S0SRE"}))),
        "asked_at": at,
        "expires_at": at + timedelta(minutes=30),
        "votes": (Vote(user="U2", yes=True, at=at, channel="C1"),),
    }
    return Approval(id=record_id, **{**values, **fields})


def query(record_id: str = "q-1", **fields: Any) -> Query:
    return Query(id=record_id, cluster="default", request=request(record_id), **fields)


def message(record_id: str = "r-1.parent", text: str = "hello", **fields: Any) -> Message:
    fields.setdefault("address", Address(channel="C1"))
    fields.setdefault("created_at", START)
    wanted = fields.pop("wanted", None) or Content(text=text)
    return Message(
        id=record_id,
        cluster="default",
        subject="r-1",
        wanted=wanted,
        wanted_hash=f"hash of {wanted.text}",
        **fields,
    )


def circulation(record_id: str = "r-1", **replies: int) -> Circulation:
    return Circulation(id=record_id, cluster="default", replies=replies, approved_by=("U1",))


def history(service_id: str = "s1", service: str = "web", **fields: Any) -> History:
    entry = RevisionEntry(number=1, spec_hash="h1", image="shop/web:1", at=START)
    return History(
        cluster="default", service_id=service_id, service=service, entries=(entry,), **fields
    )


def subscription(record_id: str = "s-1", at: datetime = START, **fields: Any) -> Subscription:
    values: dict[str, Any] = {
        "cluster": "default",
        "channel": "C2",
        "pattern": "web*",
        "on": frozenset({NotifyOn.FAILED, NotifyOn.ROLLED_BACK}),
        "by": "U1",
    }
    return Subscription(id=record_id, since=at, **{**values, **fields})


def revision(number: int = 1) -> RevisionSpec:
    spec = {"Name": "web", "TaskTemplate": {"Unknown": [1, None, {"deep": True}]}}
    return RevisionSpec(cluster="default", service_id="s1", number=number, spec=spec)


def lock(record_id: str = "l-a-1", **fields: Any) -> Lock:
    values: dict[str, Any] = {"cluster": "default", "since": START, "reason": "db migration"}
    return Lock(
        id=record_id,
        scope=Scope(kind=ScopeKind.SERVICE, name="web"),
        owner=Principal(team="T1", user="U1"),
        **{**values, **fields},
    )
