"""Registry credentials as `docker login` left them (config.json, credential helpers)."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from docker import auth
from docker.errors import DockerException

HEADER = "X-Registry-Auth"
_FIELDS = ("username", "password", "serveraddress", "identitytoken", "registrytoken")
"""In the order of Go's struct; `auth` is taken apart when config.json is read."""
_ESCAPED_BY_GO = "<>&\u2028\u2029"


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
    return {HEADER: _encoded(found)}


def credentials_for(registry: str) -> Credentials | None:
    """Return what config.json (and its helpers) knows for a registry's host name."""
    found = _found(registry)
    token = found.get("identitytoken") or found.get("IdentityToken")
    if token:
        return Credentials(user="<token>", password=token)
    user = found.get("username") or found.get("Username")
    password = found.get("password") or found.get("Password")
    return Credentials(user=user, password=password) if user and password else None


def _encoded(found: dict[str, Any]) -> str:
    """Write a login byte by byte as the docker CLI does (Go's encoding of `registry.AuthConfig`).

    Swarm keeps it as it is, with the task's spec: the same login in other bytes replaces all tasks.
    """
    given = {key.lower(): value for key, value in found.items()}  # helpers' keys are capitalised
    login = {key: given[key] for key in _FIELDS if given.get(key)}
    text = json.dumps(login, separators=(",", ":"), ensure_ascii=False)
    for character in _ESCAPED_BY_GO:
        text = text.replace(character, f"\\u{ord(character):04x}")
    return base64.urlsafe_b64encode(text.encode()).decode()


def _found(registry: str) -> dict[str, Any]:
    # Read anew each time: somebody may have logged in since.
    try:
        return auth.load_config().resolve_authconfig(registry) or {}
    except DockerException:
        return {}
