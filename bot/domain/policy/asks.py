"""What an environment asks for, in sentences: all that its rules have, in the order of the file."""

from collections.abc import Iterable, Iterator

from bot.domain.policy.defaults import update_defaults_in_words
from bot.domain.policy.model import (
    ApprovalRule,
    Beyond,
    Environment,
    Freeze,
    ImageRule,
    Limits,
    Members,
    NotifyOn,
    NotifyRule,
)
from bot.domain.units import format_duration


def asks(environment: Environment) -> Iterator[str]:
    """Yield a sentence for each rule; none for one that asks for nothing."""
    yield from _approvals(environment.approvals)
    yield from _notices(environment.notify)
    for freeze in environment.freezes:
        yield _frozen(freeze)
    yield from _images(environment.images)
    yield from _limits(environment.limits)
    if defaults := update_defaults_in_words(environment):
        yield f"the update policy, where neither line nor service has one, is {defaults}."


def _approvals(rule: ApprovalRule) -> Iterator[str]:
    if rule.required:
        yield (
            f"to {_list(sorted(rule.verbs))} needs {rule.required} of {_who(rule.approvers)}, "
            f"within {format_duration(rule.expires)}."
        )


def _notices(rule: NotifyRule) -> Iterator[str]:
    if rule.channels:
        events = _list(each for each in NotifyOn if each in rule.on)
        yield f"it tells {_list(rule.channels)} of {events}."


def _frozen(freeze: Freeze) -> str:
    passes = f"; {_list(sorted(freeze.passes))} goes on" if freeze.passes else ""
    reason = f" ({freeze.reason})" if freeze.reason else ""
    return (
        f"frozen for {format_duration(freeze.length)} from `{freeze.cron}` in {freeze.timezone}"
        f"{reason}{passes}."
    )


def _images(rule: ImageRule) -> Iterator[str]:
    if rule.allow is not None:
        yield f"images come from {_list(rule.allow)}."
    if rule.require_digest:
        yield "the line must name the image's digest."


def _limits(limits: Limits) -> Iterator[str]:
    found = {"in all": limits.replicas, "more or fewer at once": limits.step}
    said = [f"{most} {of}" for of, most in found.items() if most is not None]
    if said:
        beyond = "asks for approval" if limits.beyond is Beyond.APPROVE else "is refused"
        yield f"at most so many replicas: {_list(said)}; what goes beyond {beyond}."


def _who(members: Members) -> str:
    if members.everyone:
        return "everyone"
    return _list([*sorted(members.groups), *sorted(members.users)])


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
