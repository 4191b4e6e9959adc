"""Rules and circumstances for tests; the first policy that was asked for, as the file reads it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.adapters.policy_rules import policy_of
from bot.domain.policy import (
    Context,
    Decision,
    Environment,
    Extent,
    Grant,
    Members,
    Policy,
    Resource,
    Side,
    VerbGroup,
    Window,
    authorize,
)
from bot.domain.request import Principal
from tests.unit.config.policies import ISSUE, reading_of

NOW = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)
EVERYBODY = Members(everyone=True)
ALL = frozenset(VerbGroup)
OPERATOR = Principal(team="T1", user="U001")
STRANGER = Principal(team="T1", user="U009")
HERE = Side(labels={"env": "prod"})
ELSEWHERE = Side()


def issue_policy() -> Policy:
    reading = reading_of(ISSUE)
    assert reading.values is not None
    return policy_of(reading.values, reading.canonical)


def a_policy(*environments: Environment, grants: Iterable[Grant] | None = None) -> Policy:
    """Return rules by which everybody may do everything, as far as the environments let them."""
    usual = (Grant(name="grants[0] (all)", role="all", may=ALL),)
    return Policy(
        hash="h",
        roles={"all": EVERYBODY},
        grants=usual if grants is None else tuple(grants),
        environments=environments,
    )


def a_context(**fields: Any) -> Context:
    return Context(**{"now": NOW, "channel": "C0OPS", **fields})


def web(*sides: Side, **fields: Any) -> Resource:
    values = {"cluster": "default", "service": "web", "sides": sides or (ELSEWHERE,), **fields}
    return Resource(**values)


def a_window(**fields: Any) -> Window:
    values = {
        "environment": "prod",
        "begins": NOW - timedelta(hours=1),
        "ends": NOW + timedelta(hours=1),
        **fields,
    }
    return Window(**values)


def decided(
    policy: Policy,
    verb: VerbGroup = VerbGroup.UPDATE,
    what: Resource | None = None,
    who: Principal = OPERATOR,
    **context: Any,
) -> Decision:
    return authorize(policy, who, verb, what or web(), a_context(**context))


def moving(old: int | None, new: int | None, **fields: Any) -> Extent:
    return Extent(replicas_old=old, replicas_new=new, **fields)
