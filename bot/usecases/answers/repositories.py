"""Whose tags may be listed: what a registry opens to the worker's login is not for everybody."""

from collections.abc import Sequence
from typing import Final

from bot.domain import images
from bot.domain.errors import UserError
from bot.domain.observation import ServiceView
from bot.usecases.answers.overview import image_of

HUB: Final = "docker.io"


def may_list(
    repository: str, every: Sequence[ServiceView], shown: Sequence[ServiceView], *, sees_all: bool
) -> bool:
    """Return whether a person may see the tags of a repository.

    Args:
        repository: as it was typed.
        every: all services.
        shown: those that the person may read.
        sees_all: the person may read everything: then each repository of a registry in use.
    """
    if any(is_of(each, repository) for each in shown):
        return True
    in_use = {HUB, *(registry_of(written(each)) for each in every)}
    return sees_all and registry_of(repository) in in_use


def written(service: ServiceView) -> str:
    """Return the repository as the service's image writes it; empty for what is no image."""
    return _repository(image_of(service.spec))


def is_of(service: ServiceView, repository: str) -> bool:
    """Return whether a service runs an image of that repository."""
    return is_image_of(image_of(service.spec), repository)


def is_image_of(image: str, repository: str) -> bool:
    """Return whether an image is of that repository, however either is spelled."""
    own = _repository(image)
    return bool(own) and _plain(own) == _plain(repository)


def _repository(image: str) -> str:
    try:
        return images.split(image).repository
    except UserError:
        return ""


def _plain(repository: str) -> str:
    """Return the one spelling of a repository."""
    return images.canonical(f"{repository}:x").removesuffix(":x")


def registry_of(repository: str) -> str:
    """Return whom a repository is asked of, as distribution/reference tells a host from a path."""
    first, slash, _ = _plain(repository).partition("/")
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    return first if is_host else HUB
