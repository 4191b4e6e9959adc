"""What is wrong with a policy file beyond the form of its parts.

Names that do not exist, rules that can never apply, approvals that nobody could give.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from config.policy_model import (
    MOST_ENVIRONMENTS,
    MOST_GRANTS,
    Approvals,
    Channel,
    Environment,
    Grant,
    Members,
)
from config.policy_reach import Cases, cases_of, covers, is_granted_by
from config.policy_words import near
from config.yaml_tree import Path

ADMIN, LOCK = "admin", "lock"
"""The role that takes away others' locks, and the right to lock."""

BREAK_GLASS = "break_glass"
"""The right to pass the rules."""

DEFAULT = "default"
"""The environment of what matches no other; it is there also when the file does not name it."""


@dataclass(frozen=True)
class Finding:
    """Something to tell.

    Attributes:
        path: where, as keys and indexes.
        is_warning: the file is valid all the same.
        at_key: the key of the last step is meant, not its value.
    """

    path: Path
    text: str
    is_warning: bool = False
    at_key: bool = False


@dataclass(frozen=True)
class Parts:
    """The file's parts; one that is wrong in itself is None, and only its name is known."""

    roles: Mapping[str, Members | None]
    grants: Sequence[Grant | None]
    environments: Mapping[str, Environment | None]
    channels: Mapping[str, Channel | None]


def findings(parts: Parts) -> Iterator[Finding]:
    """Yield everything that is wrong, and what the writer may not have meant."""
    if len(parts.environments) > MOST_ENVIRONMENTS or len(parts.grants) > MOST_GRANTS:
        return  # that is the problem
    yield from _grants(parts)
    yield from _order(parts)
    for name, environment in parts.environments.items():
        if environment is not None:
            yield from _environment(("environments", name), environment)
    yield from _stuck(parts)
    yield from _nobody(parts)


def _grants(parts: Parts) -> Iterator[Finding]:
    for number, grant in enumerate(parts.grants):
        if grant is None:
            continue
        path: Path = ("grants", number)
        yield from _role(parts, (*path, "role"), grant.role)
        yield from _places(parts, (*path, "environments"), grant.environments)
        yield from _glass(parts, path, grant)
        for before, earlier in enumerate(parts.grants[:number]):
            if earlier is not None and is_granted_by(grant, earlier):
                text = f"can never apply: grants[{before}] grants all of it already; remove it"
                yield Finding(path, text)
                break


def _role(parts: Parts, path: Path, role: str) -> Iterator[Finding]:
    if role not in parts.roles:
        yield Finding(path, f"no role {role}{near(role, parts.roles) or '; add it to roles'}")
        return
    members = parts.roles[role]
    if members is not None and members.is_empty:
        text = f"can never apply: nobody is in the role {role}; list users or groups there"
        yield Finding(path, text)


def _glass(parts: Parts, path: Path, grant: Grant) -> Iterator[Finding]:
    """What passes all the rules is for people whom somebody has named."""
    members = parts.roles.get(grant.role)
    if BREAK_GLASS in grant.may and members is not None and members.everyone:
        where: Path = (*path, "may", grant.may.index(BREAK_GLASS))
        text = f"names only: the role {grant.role} is everyone; grant it to a role of users, groups"
        yield Finding(where, text)


def _places(parts: Parts, path: Path, named: Sequence[str]) -> Iterator[Finding]:
    """An environment may be named before it is written, as long as the line does something.

    What is near to one that exists is a mistyped one.
    """
    known = {*parts.environments, DEFAULT}
    some = any(name in known for name in named)
    for number, name in enumerate(named):
        if name in known:
            continue
        hint = near(name, known)
        text = f"no environment {name}{hint or '; add it to environments, or remove it here'}"
        yield Finding((*path, number), text, is_warning=some and not hint)


def _order(parts: Parts) -> Iterator[Finding]:
    names = list(parts.environments)
    cases = {
        name: cases_of(each.match) if each and each.match else None
        for name, each in parts.environments.items()
    }
    for position, (name, environment) in enumerate(parts.environments.items()):
        path: Path = ("environments", name)
        if name == DEFAULT and position < len(names) - 1:
            text = f"{DEFAULT} must stand last: the first that matches counts"
            yield Finding(path, text, at_key=True)
        if environment is None:
            continue
        if name == DEFAULT and environment.match is not None:
            yield Finding(
                (*path, "match"), f"{DEFAULT} is what matches no other; remove match", at_key=True
            )
        elif name != DEFAULT and environment.match is None:
            text = f"{name} has no match; write one (only `{DEFAULT}` goes without)"
            yield Finding(path, text, at_key=True)
        elif earlier := _covering(cases, names[:position], name):
            text = f"can never apply: {earlier} matches all of it before; move it up or remove it"
            yield Finding(path, text, at_key=True)


def _covering(cases: Mapping[str, Cases | None], earlier: Sequence[str], name: str) -> str:
    narrow = cases[name]
    for other in earlier:
        wide = cases[other]
        if wide is not None and narrow is not None and covers(wide, narrow):
            return other
    return ""


def _environment(path: Path, environment: Environment) -> Iterator[Finding]:
    rule, limits = environment.approvals, environment.limits
    asked = (*path, "approvals")
    yield from _approvers(asked, rule)
    if rule.approvers.everyone and (rule.required or limits.beyond == "approve"):
        # a grant of `approve` does not narrow it
        text = (
            "everybody in the workspace may approve and reject, whatever is granted; "
            "list users or groups if that is not meant"
        )
        yield Finding((*asked, "approvers", "everyone"), text, is_warning=True)
    if rule.remind is not None and rule.remind >= rule.expires:
        text = "remind is the time before it expires: want less than expires"
        yield Finding((*asked, "remind"), text)
    if limits.beyond == "approve" and rule.required == 0 and rule.approvers.is_empty:
        text = "nobody could approve it; list approvers in approvals, or write refuse"
        yield Finding((*path, "limits", "beyond"), text)
    if limits.beyond == "approve" and limits.replicas is None and limits.step is None:
        text = "there is no limit to go beyond; write replicas or step"
        yield Finding((*path, "limits"), text, is_warning=True)


def _approvers(path: Path, rule: Approvals) -> Iterator[Finding]:
    who = rule.approvers
    if rule.required == 0:
        return
    if who.is_empty:
        text = f"{rule.required} must approve and nobody may; list users or groups in approvers"
        yield Finding(path, text)
        return
    if who.groups or who.everyone:
        return
    named = len(set(who.users))
    if rule.required > named:
        text = f"{rule.required} must approve and only {named} may; list more, or a group"
        yield Finding((*path, "required"), text)
    elif rule.required == named and not rule.self_approval:
        text = "what one of the approvers asks for can never be approved: their own vote is none"
        yield Finding((*path, "required"), text, is_warning=True)


def _stuck(parts: Parts) -> Iterator[Finding]:
    """The role `admin` alone takes away somebody else's lock."""
    giving = (n for n, grant in enumerate(parts.grants) if grant is not None and LOCK in grant.may)
    number, admins = next(giving, None), parts.roles.get(ADMIN, Members())
    if number is not None and admins is not None and admins.is_empty:
        text = f"a forgotten lock can then only end by its owner or its time: nobody is in {ADMIN}"
        yield Finding(("grants", number, "may"), text, is_warning=True)


def _nobody(parts: Parts) -> Iterator[Finding]:
    if not parts.roles:
        yield Finding((), "no roles: nobody may do anything", is_warning=True)
    elif not parts.grants:
        yield Finding((), "no grants: nobody may do anything", is_warning=True)
