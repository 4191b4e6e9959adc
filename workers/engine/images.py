"""Tag → digest by the Engine's /distribution, written as the docker CLI writes it.

Rules: moby client/service_create.go (imageDigestAndPlatforms, imageWithDigestString) and
github.com/distribution/reference (normalisation, FamiliarString).
"""

import re
from dataclasses import replace
from typing import Any, NoReturn

import requests

from bot.domain.errors import BadFlagValue
from bot.domain.images import split, with_default_tag
from bot.domain.jsontypes import JsonObject
from bot.ports import NotFoundError, RegistryUnavailableError, ResolvedImage
from workers.engine.calls import EngineCalls, words_of
from workers.engine.credentials import header_for

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
    if not _is_reference(reference):
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


def _is_reference(text: str) -> bool:
    # It becomes part of a path: no empty step in it, and none upwards.
    if any(step in ("", ".", "..") for step in text.split("/")):
        return False
    try:
        split(text)
    except BadFlagValue:
        return False
    return True


def _explain(answer: requests.Response, reference: str) -> NoReturn:
    words = words_of(answer).strip()
    if answer.status_code == _NOT_FOUND or _UNKNOWN.search(words):
        raise NotFoundError("image", reference)
    raise RegistryUnavailableError(words)


def with_digest(reference: str, digest: str) -> str:
    """Return `name:tag@digest`; what already has a digest stays as it is.

    Raises:
        BadFlagValue: it is no reference.
    """
    named = with_default_tag(split(familiar(reference)))
    return str(named if named.digest else replace(named, digest=digest))


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
