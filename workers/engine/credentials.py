"""Registry credentials as `docker login` left them (config.json, credential helpers)."""

from dataclasses import dataclass
from typing import Any

from docker import auth
from docker.errors import DockerException

HEADER = "X-Registry-Auth"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A user and a password (or an identity token as the password of user `<token>`)."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r})"


def header_for(reference: str) -> dict[str, str]:
    """Return the header that lets the Engine pull `reference`; empty if none are known."""
    try:
        registry, _ = auth.resolve_repository_name(reference)
    except DockerException:
        return {}
    found = _found(registry)
    if not found:
        return {}
    return {HEADER: auth.encode_header(found).decode()}


def credentials_for(registry: str) -> Credentials | None:
    """Return what config.json (and its helpers) knows for a registry's host name."""
    found = _found(registry)
    token = found.get("identitytoken") or found.get("IdentityToken")
    if token:
        return Credentials(user="<token>", password=token)
    user = found.get("username") or found.get("Username")
    password = found.get("password") or found.get("Password")
    return Credentials(user=user, password=password) if user and password else None


def _found(registry: str) -> dict[str, Any]:
    # Read anew each time: somebody may have logged in since.
    try:
        return auth.load_config().resolve_authconfig(registry) or {}
    except DockerException:
        return {}
