"""Short literals of approvals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.domain.approval import Approval, Blast, Vote
from bot.domain.plan import FieldChange
from bot.domain.policy import ApprovalRule, Members, Resource
from tests.builders import BOB, NOW, a_request

RULE = ApprovalRule(
    required=2,
    approvers=Members(users=frozenset({"U2BOB", "U3CAT"}), groups=frozenset({"S0SRE"})),
    expires=timedelta(minutes=30),
    remind=timedelta(minutes=10),
)


def an_approval(**fields: Any) -> Approval:
    """A pending request of ann's for `web`, of two people's yes, for half an hour from NOW."""
    values: dict[str, Any] = {
        "id": "p-7k2mq9xw",
        "cluster": "default",
        "subject": "r-7k2mq9xw",
        "target": "web",
        "kind": "update",
        "request": a_request(id="r-7k2mq9xw", command={"options": {"reason": "fix the cart"}}),
        "fingerprint": "f1" * 32,
        "resource": Resource(cluster="default", service="web"),
        "environment": "production",
        "rule_name": "environments.production.approvals",
        "rule": RULE,
        "asked_at": NOW,
        "expires_at": NOW + RULE.expires,
        "changes": (FieldChange(path="image", old="shop/web:2.3", new="shop/web:2.4"),),
        "digest_old": "sha256:" + "1a" * 32,
        "digest_new": "sha256:" + "2b" * 32,
        "policy_hash": "one",
        "blast": Blast(tasks=3, nodes=("node1", "node2"), shared=("network back: api, db",)),
    }
    return Approval(**{**values, **fields})


def a_vote(user: str = BOB.user, *, yes: bool = True, **fields: Any) -> Vote:
    values: dict[str, Any] = {"user": user, "yes": yes, "at": NOW}
    return Vote(**{**values, **fields})
