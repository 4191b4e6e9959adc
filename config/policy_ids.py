"""Slack's ids in a policy file, each with its place: people, user groups, channels.

Their form is the model's business. Whether Slack knows them is asked where somebody wants to know
(`waggle policy check --slack`), never while the file is read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from config.policy_checks import Parts
from config.policy_model import Members
from config.yaml_tree import Path, Spot

Kind = Literal["user", "user group", "channel"]
USER: Final = "user"
GROUP: Final = "user group"
CHANNEL: Final = "channel"


@dataclass(frozen=True)
class Mention:
    """An id, and where: as keys and indexes; `at_key`: the key of the last step is the id."""

    kind: Kind
    id: str
    path: Path
    at_key: bool = False


class NamedId(NamedTuple):
    """An id, and where it stands in the file. They sort as they stand."""

    at: Spot
    kind: Kind
    id: str


def ids_in(parts: Parts) -> Iterator[Mention]:
    """Yield every id, as often as it is named; a part that is wrong in itself has none."""
    for name, members in parts.roles.items():
        yield from _members(("roles", name), members)
    for number, grant in enumerate(parts.grants):
        yield from _channels(("grants", number, "channels"), grant.channels if grant else ())
    for name, environment in parts.environments.items():
        if environment is not None:
            path: Path = ("environments", name)
            who = environment.approvals.approvers
            yield from _members((*path, "approvals", "approvers"), who)
            yield from _channels((*path, "notify", "channels"), environment.notify.channels)
    for channel, rule in parts.channels.items():
        if rule is not None:
            yield Mention(CHANNEL, channel, ("channels", channel), at_key=True)


def _members(path: Path, members: Members | None) -> Iterator[Mention]:
    if members is not None:
        for place, user in enumerate(members.users):
            yield Mention(USER, user, (*path, "users", place))
        for place, group in enumerate(members.groups):
            yield Mention(GROUP, group, (*path, "groups", place))


def _channels(path: Path, channels: Iterable[str]) -> Iterator[Mention]:
    for place, channel in enumerate(channels):
        yield Mention(CHANNEL, channel, (*path, place))
