"""The images of the simulated registry, by reference."""

from typing import Any

from playground.simulator.model.state import Image, digest_of


class Catalog:
    """What the registry has: `name:tag` and `name:tag@digest` → how its containers behave.

    Attributes:
        away: the registry does not answer.
    """

    def __init__(self) -> None:
        self.images: dict[str, Image] = {}
        self.away = False

    def add(self, reference: str, **behaviour: Any) -> str:
        """Let the registry know `name:tag`; adding it again with another digest moves the tag."""
        digest = behaviour.pop("digest", None) or digest_of(reference)
        self.images[reference] = Image(digest=digest, **behaviour)
        # Containers keep starting by digest after the tag has moved.
        self.images[f"{reference}@{digest}"] = self.images[reference]
        return str(digest)

    def find(self, reference: str) -> Image | None:
        """Return what a container of that reference would run."""
        found = self.images.get(reference)
        if found is not None or "@" not in reference:
            return found
        digest = reference.partition("@")[2]
        return next((image for image in self.images.values() if image.digest == digest), None)

    def known(self, repository: str) -> dict[str, Image]:
        """Return tag → image of a repository; no order is promised by a registry."""
        tags = {
            name.rpartition(":")[2]: image
            for name, image in self.images.items()
            if "@" not in name and repository_of(name) == repository
        }
        return dict(sorted(tags.items(), key=lambda pair: pair[1].digest))

    def repositories(self) -> set[str]:
        """Return the names of all repositories, each with its registry."""
        return {repository_of(name) for name in self.images}


def has_tag(reference: str) -> bool:
    """Return whether a reference says more than the repository."""
    return "@" in reference or ":" in reference.rpartition("/")[2]


def repository_of(reference: str) -> str:
    """Return a reference without tag and digest."""
    plain = reference.partition("@")[0]
    return plain.rpartition(":")[0] if has_tag(plain) else plain
