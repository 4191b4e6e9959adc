"""The image that a line names, as the registry has it, put into a spec."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain import images
from bot.domain.errors import NotFound, UserError
from bot.domain.grammar import Command
from bot.domain.grammar.suggest import Suggest
from bot.domain.jsontypes import Spec
from bot.domain.spec import images_in, with_image
from bot.ports import (
    ImageRegistry,
    NotFoundError,
    RegistryUnavailableError,
    ResolvedImage,
    Swarm,
)
from bot.usecases.answers.repositories import is_image_of, may_list
from bot.usecases.answers.sight import Sight

_SHOWN_TAGS = 5


@dataclass(frozen=True, kw_only=True)
class ImageFinder:
    """Resolves an image for one person.

    Attributes:
        sight: what they may read: of no other repository are they told the tags.
        present: the image that the service runs, which they may change; empty: none.
    """

    swarm: Swarm
    registry: ImageRegistry
    suggest: Suggest
    sight: Sight
    present: str

    def into(self, spec: Spec, command: Command) -> tuple[Spec, ResolvedImage | None]:
        """Return the spec with the image that was typed, if one was.

        Raises:
            UserError: the registry does not have it, or does not answer.
            EngineUnavailableError: the Engine does not answer.
        """
        named = images_in(command.edits)
        if not named:
            return spec, None
        reference = str(images.with_default_tag(images.split(named[-1])))
        if command.options.no_resolve_image:
            return with_image(spec, reference), None
        image = self._resolve(reference)
        platforms = [_lower(platform) for platform in image.platforms]
        return with_image(spec, image.reference, platforms), image

    def _resolve(self, reference: str) -> ResolvedImage:
        try:
            return self.swarm.resolve_image(reference)
        except NotFoundError:
            raise self._unknown_tag(reference) from None
        except RegistryUnavailableError:
            raise UserError(
                f"The registry did not answer for `{reference}`, or the image is only local.",
                "Nothing was changed. Try again, or add --no-resolve-image to let each node "
                "look for the tag by itself.",
                "image",
            ) from None

    def _unknown_tag(self, reference: str) -> NotFound:
        named = images.split(reference)
        repository, tag = named.repository, named.tag
        tags = self._tags(reference, repository)
        meant = self.suggest(tag, tags) if tags else None
        others = [each for each in tags if each != meant]
        hint = f"Did you mean `{repository}:{meant}`? " if meant else ""
        if others := images.nearest_tags(tag, others, _SHOWN_TAGS):
            hint += f"Tags there are: {', '.join(f'`{each}`' for each in others)}."
        return NotFound(
            f"The registry knows no `{reference}`.",
            hint.strip() or "Look the name up and try again.",
            "image",
        )

    def _tags(self, reference: str, repository: str) -> Sequence[str]:
        """Return the tags there are, as far as the person may see them: as `tags` has it."""
        if not is_image_of(self.present, repository):
            every = self.swarm.services()
            shown, _ = self.sight.seen(every, self.sight.service)
            if not may_list(repository, every, shown, sees_all=self.sight.sees_all):
                return ()
        try:
            return self.registry.tags(reference).names
        except (RegistryUnavailableError, NotFoundError):
            return ()


def _lower(platform: Mapping[str, str]) -> dict[str, str]:
    # the port hands over entries for Placement.Platforms, the domain reads the registry's spelling
    return {
        "architecture": platform.get("Architecture", platform.get("architecture", "")),
        "os": platform.get("OS", platform.get("os", "")),
    }
