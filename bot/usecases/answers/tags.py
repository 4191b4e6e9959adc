"""`tags`: an image's tags in its registry, which of them run, and which have moved.

What a registry opens to the worker's login is not for everybody. Who may read a service may see
the tags of its image; any other repository of the registries in use takes the right to read
everything, and no other registry is asked at all: a name that somebody types would else choose
whom the worker speaks to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.domain import images
from bot.domain.grammar import Command
from bot.domain.observation import ServiceView, TagView
from bot.domain.reads import TagList, TagRow
from bot.domain.reply import Refusal, Reply
from bot.ports import ImageRegistry, NotFoundError, RegistryUnavailableError, SwarmReader
from bot.usecases.answers.overview import image_of
from bot.usecases.answers.repositories import HUB, is_of, may_list, registry_of, written
from bot.usecases.answers.sight import Sight
from bot.usecases.lookup import Lookup

LOOKED_AT: Final = 60
"""Tags, those that run and then the highest versions: each takes some requests."""

_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Tags:
    """Answers `tags`. May raise a UserError and EngineUnavailableError."""

    swarm: SwarmReader
    registry: ImageRegistry
    lookup: Lookup
    sight: Sight

    def of(self, command: Command, now: datetime) -> Reply:
        """Answer `tags SERVICE` or `tags REPOSITORY`."""
        named = command.targets[0]
        every = self.swarm.services()
        shown, _ = self.sight.seen(every, self.sight.service)
        repository = self._repository(named, every, shown)
        if isinstance(repository, Refusal):
            return repository
        try:
            return self._listed(repository, shown, now)
        except NotFoundError:
            return Refusal(why=f"The registry has no repository `{repository}`.")
        except RegistryUnavailableError as error:
            return Refusal(
                why=f"The tags of `{repository}` cannot be read: {error}.",
                next_step="If it wants a login: `docker login` where the worker runs.",
            )

    def _repository(
        self, named: str, every: Sequence[ServiceView], shown: Sequence[ServiceView]
    ) -> str | Refusal:
        """Return whose tags are meant, if they may be shown."""
        if not images.is_repository(named):
            service = next((each for each in every if named in {each.name, each.id}), None)
            if service is not None:
                self.sight.allow(service, self.sight.service)
                return written(service) or Refusal(why=f"`{named}` has no image.")
            if not any(is_of(each, named) for each in shown):
                raise self.lookup.no_service(named)
        if not may_list(named, every, shown, sees_all=self.sight.sees_all):
            return Refusal(
                why=f"No service that you may read runs an image of `{named}`.",
                next_step="Name a service, or a repository that one of them runs.",
            )
        return named

    def _listed(self, repository: str, shown: Sequence[ServiceView], now: datetime) -> TagList:
        listed = self.registry.tags(repository)
        names = images.newest_first(listed.names)
        its = [each for each in shown if is_of(each, repository)]
        chosen = _running_first(names, its)[:LOOKED_AT]
        looked = self.registry.look(repository, chosen)
        looked.sort(key=lambda tag: names.index(tag.name))
        looked.sort(key=lambda tag: tag.created_at or _EARLIEST, reverse=True)
        rest = [TagView(name=name) for name in names if name not in chosen]
        rows = tuple(_row(tag, its) for tag in (*looked, *rest))
        told = {name for row in rows for name in (*row.runs, *row.moved)}
        all_known = not rest and not listed.is_cut and all(tag.digest for tag in looked)
        return TagList(
            repository=repository,
            at=now,
            rows=rows,
            is_cut=listed.is_cut,
            unlooked=len(rest),
            digests_only=registry_of(repository) == HUB,
            elsewhere=tuple(
                sorted(each.name for each in its if all_known and each.name not in told)
            ),
        )


def _running_first(names: Sequence[str], services: Sequence[ServiceView]) -> list[str]:
    """Return the tags that run before the others: of one unlooked, nobody can tell if it moved."""
    running = {_tag_of(service) for service in services}
    return sorted(names, key=lambda name: name not in running)


def _row(tag: TagView, services: Sequence[ServiceView]) -> TagRow:
    runs, moved = [], []
    for service in services:
        name, digest = _tag_of(service), image_of(service.spec).partition("@")[2]
        if tag.digest and digest == tag.digest:
            runs.append(service.name)
        elif name == tag.name and digest and tag.digest:
            moved.append(service.name)
        elif name == tag.name:
            runs.append(service.name)  # nobody can tell more
    return TagRow(tag=tag, runs=tuple(sorted(runs)), moved=tuple(sorted(moved)))


def _tag_of(service: ServiceView) -> str:
    named = images.canonical(image_of(service.spec)).partition("@")[0]
    return named.rpartition(":")[2] if ":" in named.rpartition("/")[2] else ""
