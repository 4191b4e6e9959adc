"""The validated values of a policy file become the rules that the domain decides by.

The values are those of `config.policy_model`; only the bootstraps may import config, so they come
here as plain mappings.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from bot.domain.policy import (
    AllOf,
    AnyOf,
    ApprovalRule,
    Beyond,
    Criterion,
    Environment,
    Freeze,
    Grant,
    ImageRule,
    Limits,
    Match,
    Members,
    NotifyOn,
    NotifyRule,
    On,
    Policy,
    UpdateDefaults,
    VerbGroup,
)

Values = Mapping[str, Any]


def policy_of(values: Values, canonical: str) -> Policy:
    """Return the rules.

    Args:
        values: the validated content of the file.
        canonical: the content as text; its SHA-256 is the version, so that comments and layout
            change nothing.
    """
    roles, environments = values["roles"] or {}, values["environments"] or {}
    return Policy(
        hash=hashlib.sha256(canonical.encode()).hexdigest(),
        roles={name: _members(each or {}) for name, each in roles.items()},
        grants=tuple(_grant(n, each) for n, each in enumerate(values["grants"] or ())),
        environments=tuple(_environment(name, each) for name, each in environments.items()),
        channels={name: each["cluster"] for name, each in (values["channels"] or {}).items()},
    )


def _members(values: Values) -> Members:
    return Members(
        everyone=values.get("everyone", False),
        users=frozenset(values.get("users", ())),
        groups=frozenset(values.get("groups", ())),
    )


def _grant(number: int, values: Values) -> Grant:
    # the file cannot say "nothing" here: what is empty was not written, and restricts nothing
    return Grant(
        name=f"grants[{number}] ({values['role']})",
        role=values["role"],
        may=_verbs(values["may"]),
        environments=frozenset(values["environments"]) or None,
        services=tuple(values["services"]) or None,
        channels=frozenset(values["channels"]) or None,
        clusters=frozenset(values["clusters"]) or None,
    )


def _verbs(words: tuple[str, ...]) -> frozenset[VerbGroup]:
    return frozenset(map(VerbGroup, words))


def _environment(name: str, values: Values | None) -> Environment:
    if values is None:
        return Environment(name=name)
    match, images = values["match"], values["images"]
    return Environment(
        name=name,
        match=_match(match) if match else None,
        approvals=_approvals(values["approvals"]),
        notify=NotifyRule(
            channels=tuple(values["notify"]["channels"]),
            on=frozenset(map(NotifyOn, values["notify"]["on"])),
        ),
        freezes=tuple(_freeze(each) for each in values["freeze"]),
        images=ImageRule(
            allow=tuple(images["allow"]) or None, require_digest=images["require_digest"]
        ),
        limits=Limits(**values["limits"] | {"beyond": Beyond(values["limits"]["beyond"])}),
        update=UpdateDefaults(**values["update"]["defaults"]),
    )


def _match(values: Values) -> Match:
    if values["any"]:
        return AnyOf(tuple(map(_match, values["any"])))
    if values["all"]:
        return AllOf(tuple(map(_match, values["all"])))
    on = next(each for each in On if values[each.value])
    return Criterion(on, values[on.value])


def _approvals(values: Values) -> ApprovalRule:
    return ApprovalRule(
        required=values["required"],
        approvers=_members(values["approvers"]),
        expires=values["expires"],
        self_approval=values["self_approval"],
        remind=values["remind"],
        verbs=_verbs(values["verbs"]),
    )


def _freeze(values: Values) -> Freeze:
    return Freeze(
        cron=values["cron"],
        length=values["length"],
        timezone=values["timezone"],
        reason=values["reason"],
        passes=_verbs(values["passes"]),
    )
