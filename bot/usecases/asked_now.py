"""People by what Slack says at this moment, where that was asked; else by what is known."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.ports import People


@dataclass(frozen=True, kw_only=True)
class AskedNow:
    """Implements `bot.ports.People` for one decision: who left a group a second ago is out of it.

    Attributes:
        people: asked about all other groups.
        asked: the groups that were asked about.
        members: of those, who is in them; one that is missing could not be asked about.
    """

    people: People
    asked: frozenset[str]
    members: Mapping[str, frozenset[str]]

    def groups_of(self, user: str, among: frozenset[str]) -> frozenset[str] | None:
        """Return which of these groups a person is in; None: in none, and one is not known."""
        others = self.people.groups_of(user, among - self.asked)
        asked = among & self.asked
        found = {each for each in asked if user in self.members.get(each, ())} | (others or set())
        if found:
            return frozenset(found)
        return None if others is None or asked - self.members.keys() else frozenset()

    def members_now(self, among: frozenset[str]) -> Mapping[str, frozenset[str]]:
        """Return who is in these groups at this moment."""
        return self.people.members_now(among)


def asked_now(people: People, among: frozenset[str]) -> AskedNow:
    """Ask about these groups; return people by the answers."""
    return AskedNow(people=people, asked=among, members=people.members_now(among))
