"""What a tag is now: its digest, and from its manifest and config, how big and how old it is.

Formats: https://github.com/opencontainers/image-spec (manifest, index, config) and the older ones
of https://distribution.github.io/distribution/spec/manifest-v2-2/.
"""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any

import requests

from bot.domain.observation import TagView
from bot.ports import RegistryUnavailableError
from workers.registry.reader import Answer, MissingError, Reader, as_object

ACCEPT = (
    "application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)
"""What the Engine asks for, too: so the digest of a tag is the one that services have."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_UNREADABLE = (
    *(MissingError, RegistryUnavailableError, requests.RequestException),
    *(ValueError, TypeError, OverflowError),
)
_USUAL = ("linux", "amd64")
_TOO_BIG = 2**63
"""Sizes are int64 (image-spec, descriptor.md): what is none would be a float that overflows."""

_EARLIEST = 1990
"""Who builds reproducibly writes the year 1, 1970 or 1980: that says nothing of the age."""


def digest_of(reader: Reader, base: str, tag: str) -> TagView:
    """Return a tag with its digest alone, which costs nothing where manifests are counted.

    Raises:
        MissingError, RegistryUnavailableError, ValueError: as of the reader.
    """
    answer = reader.get(f"{base}/manifests/{tag}", method="HEAD", accept=ACCEPT)
    return TagView(name=tag, digest=_said(answer))


def details_of(reader: Reader, base: str, tag: str) -> TagView:
    """Return a tag with all that is known: of several platforms, linux/amd64 or the first one.

    Args:
        reader: of the repository.
        base: the repository's address.
        tag: its name.

    Raises:
        MissingError, RegistryUnavailableError, ValueError: as of the reader.
    """
    answer = reader.get(f"{base}/manifests/{tag}", accept=ACCEPT)
    digest = _said(answer) or f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
    manifest = as_object(answer)
    if manifest.get("manifests"):
        chosen = _chosen(manifest["manifests"])
        if chosen is None:
            return TagView(name=tag, digest=digest)
        manifest = as_object(reader.get(f"{base}/manifests/{chosen}", accept=ACCEPT))
    config = manifest.get("config") or {}
    return TagView(
        name=tag,
        digest=digest,
        size=_size(manifest),
        created_at=_created(reader, base, str(config.get("digest", ""))),
    )


def _said(answer: Answer) -> str:
    said = answer.headers.get("Docker-Content-Digest", "")
    return said if _DIGEST.fullmatch(said) else ""


def _chosen(manifests: Any) -> str | None:
    """Return the digest of the platform to look at; attestations have no platform that runs."""
    found = [each for each in manifests if isinstance(each, dict)]
    found = [each for each in found if _DIGEST.fullmatch(str(each.get("digest")))]
    found.sort(key=lambda each: _platform(each) != _USUAL)
    runs = [each for each in found if _platform(each)[0] != "unknown"]
    return str(runs[0]["digest"]) if runs else None


def _platform(entry: dict[str, Any]) -> tuple[str, str]:
    platform = entry.get("platform") or {}
    return str(platform.get("os", "")), str(platform.get("architecture", ""))


def _size(manifest: dict[str, Any]) -> int | None:
    """Return what a node pulls, in bytes: the layers, compressed, and the config; None: unknown."""
    parts = [manifest.get("config"), *(manifest.get("layers") or [])]
    sizes = (each.get("size") for each in parts if isinstance(each, dict))
    total = sum(size for size in sizes if isinstance(size, int) and size > 0)
    return total if 0 < total < _TOO_BIG else None


def _created(reader: Reader, base: str, digest: str) -> datetime | None:
    """Return when an image was built; a config that cannot be read is no reason to say nothing."""
    if not _DIGEST.fullmatch(digest):
        return None
    try:
        config = as_object(reader.blob(f"{base}/blobs/{digest}"))
        at = datetime.fromisoformat(str(config.get("created")))
        return None if at.tzinfo is None or at.year < _EARLIEST else at.astimezone(UTC)
    except _UNREADABLE:
        return None
