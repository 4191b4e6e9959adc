"""Tag → digest by the Engine's /distribution, written as the docker CLI writes it.

Rules: moby client/service_create.go (imageDigestAndPlatforms, imageWithDigestString) and
github.com/distribution/reference (normalisation, FamiliarString).
"""

import re
from typing import Any, NoReturn

import requests

from bot.domain.jsontypes import JsonObject
from bot.ports import NotFoundError, RegistryUnavailableError, ResolvedImage
from workers.engine.calls import EngineCalls, words_of
from workers.engine.credentials import header_for

_REFERENCE = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._:\[\]-]*(?:/[a-z0-9][a-z0-9._-]*)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)
_UNKNOWN = re.compile(r"manifest unknown|name unknown", re.IGNORECASE)
_FAILED = 400
_NOT_FOUND = 404


def resolve(calls: EngineCalls, reference: str) -> ResolvedImage:
    """Ask the registry, by the Engine, what `reference` is now.

    Raises:
        NotFoundError: kind `image`: the registry knows no such tag.
        RegistryUnavailableError: it did not answer, or wants other credentials.
        EngineUnavailableError: the Engine itself did not answer.
    """
    if not is_reference(reference):
        raise NotFoundError("image", reference)
    answer = calls.distribution(reference, header_for(reference))
    if answer.status_code >= _FAILED:
        _explain(answer, reference)
    raw = answer.json()
    digest = str(raw["Descriptor"]["digest"])
    return ResolvedImage(
        reference=with_digest(reference, digest),
        digest=digest,
        platforms=tuple(_platform(entry) for entry in raw.get("Platforms") or []),
    )


def _explain(answer: requests.Response, reference: str) -> NoReturn:
    words = words_of(answer).strip()
    if answer.status_code == _NOT_FOUND or _UNKNOWN.search(words):
        raise NotFoundError("image", reference)
    raise RegistryUnavailableError(words)


def is_reference(text: str) -> bool:
    """Return whether it can be an image's reference at all."""
    return bool(_REFERENCE.fullmatch(text)) and ".." not in text and "//" not in text


def with_digest(reference: str, digest: str) -> str:
    """Return `name:tag@digest`; what already has a digest stays as it is."""
    short = familiar(reference)
    if "@" in short:
        return short
    tagged = short if ":" in short.rpartition("/")[2] else f"{short}:latest"
    return f"{tagged}@{digest}"


def familiar(reference: str) -> str:
    """Return the short form that people know: without `docker.io/library/`."""
    for prefix in ("index.docker.io/", "docker.io/"):
        if reference.startswith(prefix):
            rest = reference.removeprefix(prefix)
            return rest.removeprefix("library/")
    return reference


def _platform(entry: dict[str, Any]) -> JsonObject:
    # Nodes call themselves `armv7l` where images say `arm`: without the word, any node will do.
    # https://github.com/moby/swarmkit/issues/2294
    architecture = entry.get("architecture") or ""
    named = {
        "Architecture": "" if architecture.lower() == "arm" else architecture,
        "OS": entry.get("os") or "",
    }
    return {key: value for key, value in named.items() if value}
