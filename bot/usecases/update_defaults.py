"""What the environment adds to a rollout that names no update policy, and the sentence about it."""

from collections.abc import Mapping

from bot.domain.diff import diff
from bot.domain.grammar import Command
from bot.domain.jsontypes import Spec
from bot.domain.policy import (
    Policy,
    Resource,
    environments_of,
    side_of,
    where_from,
    with_update_defaults,
)


def completed(
    policy: Policy,
    command: Command,
    what: Resource,
    specs: tuple[Spec | None, Spec],
    names: Mapping[str, str],
) -> tuple[Spec, tuple[str, ...]]:
    """Return the spec to post, and a warning if something was added to it.

    Args:
        policy: the rules in force.
        command: what was typed.
        what: the service; judged on what it will become.
        specs: present (None for a create) and desired. Where nothing changes, nothing is added: a
            command that does nothing stays one.
        names: network id → name.
    """
    base, desired = specs
    there = Resource(cluster=what.cluster, service=what.service, sides=(side_of(desired, names),))
    (environment,) = environments_of(policy, there)
    flags = {edit.flag for edit in command.edits}
    spec = with_update_defaults(desired, environment, flags)
    if spec == desired or not diff(base, desired, dict(names)):
        return desired, ()
    return spec, (where_from(environment),)
