"""What the menus of a form offer while somebody types into them.

Slack's menus take nothing but what is offered, so what is typed is offered first.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.errors import UserError
from bot.domain.flags.kinds import IMAGE, BadValue
from bot.domain.inventory import Inventory, ServiceStock, repository_of
from bot.ports import StoreUnavailableError
from bot.usecases.form_rights import Asked
from bot.usecases.forms import Forms

MOST = 100
"""Slack's limit of options (docs, block_suggestion)."""

LONGEST = 150
"""Characters of an option's value; a longer image has to be typed as a line."""

_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_REPOSITORIES = 20
_TAGS_OF_EACH = 20


@dataclass(frozen=True, kw_only=True)
class FormChoices:
    """Answers block_suggestion; nobody is offered what they may not read."""

    forms: Forms

    def offered(self, asked: Asked, field: str, query: str) -> list[str]:
        """Return what fits what was typed, what was typed itself first; nothing when in doubt."""
        try:
            cluster = self.forms.cluster_of(asked)
            seen = self.forms.inventories.seen(cluster)
            there = seen.inventory if seen else Inventory()
            if field == "service":
                names = [each.name for each in self.forms.rights.choosable(asked, cluster, there)]
                return _fitting(names, query)[:MOST]
            if field == "node":
                nodes = self.forms.rights.choosable_nodes(asked, cluster, there)
                return _fitting([each.name for each in nodes], query)[:MOST]
            services = self.forms.rights.readable(asked, cluster, there.services)
            return self._images(asked, cluster, services, query.strip())
        except (StoreUnavailableError, UserError):
            return []

    def _images(
        self, asked: Asked, cluster: str, services: list[ServiceStock], query: str
    ) -> list[str]:
        if asked.wish.target:
            services = [each for each in services if each.name == asked.wish.target]
        repositories = list(dict.fromkeys(repository_of(each.image) for each in services))
        found = [name for name in repositories if name][:_REPOSITORIES]
        own = found[0] if asked.wish.target and found else ""
        most = MOST if own else _TAGS_OF_EACH
        known = [
            f"{name}:{tag}"
            for name in found
            for tag in _fitting_tags(self.forms.inventories.tags(cluster, name), query, name)[:most]
        ]
        offered = dict.fromkeys([*_typed(query, own), *known])
        return [image for image in offered if len(image) <= LONGEST][:MOST]


def _typed(query: str, repository: str) -> Iterable[str]:
    """Return what was typed as an image, and as a tag of the service's own one."""
    if repository and _TAG.fullmatch(query):
        yield f"{repository}:{query}"
    try:
        yield str(IMAGE.parse(query))
    except BadValue:
        return


def _fitting_tags(tags: Iterable[str], query: str, repository: str) -> list[str]:
    """Return the tags that fit `2.4` as well as `shop/web:2.4` and `web`."""
    named = query.lower() in repository.lower()
    begun = query.removeprefix(f"{repository}:")
    return list(tags) if named else _fitting(tags, begun)


def _fitting(names: Iterable[str], query: str) -> list[str]:
    """Return the names with what was typed in them, those that begin so first."""
    wanted = query.strip().lower()
    found = [name for name in names if wanted in name.lower()]
    return sorted(found, key=lambda name: not name.lower().startswith(wanted))
