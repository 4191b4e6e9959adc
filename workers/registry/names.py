"""Where an image reference points."""

from dataclasses import dataclass

DEFAULT_HOST = "registry-1.docker.io"
DEFAULT_NAME = "docker.io"


@dataclass(frozen=True, kw_only=True)
class Repository:
    """Where a reference points: the registry as people write it, and the path in it."""

    registry: str
    path: str

    @property
    def host(self) -> str:
        """The host that answers for the registry."""
        return DEFAULT_HOST if self.registry == DEFAULT_NAME else self.registry


def repository_of(reference: str) -> Repository:
    """Return the repository of `[host[:port]/]path[:tag][@digest]`."""
    name = reference.partition("@")[0]
    first, slash, rest = name.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost")
    registry, path = (first, rest) if is_host else (DEFAULT_NAME, name)
    if registry == "index.docker.io":
        registry = DEFAULT_NAME
    path = path.partition(":")[0]
    if registry == DEFAULT_NAME and "/" not in path:
        path = f"library/{path}"
    return Repository(registry=registry, path=path)
