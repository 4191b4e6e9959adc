"""Image references: repository, tag and digest.

The grammar is that of distribution/reference: `[host[:port]/]path[:tag][@digest]`. A colon after
the last slash starts a tag; one before it belongs to the registry's port.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.errors import BadFlagValue

DEFAULT_TAG = "latest"
_DIGEST_SHOWN = 12

_REFERENCE = re.compile(
    r"(?P<repository>(?:[A-Za-z0-9.-]+(?::[0-9]+)?/|\[[0-9a-fA-F:]+\](?::[0-9]+)?/)?"
    r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][\w+.-]*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)


@dataclass(frozen=True, kw_only=True)
class ImageReference:
    """The parts of a reference; `tag` and `digest` are empty when they are not named."""

    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        named = f"{self.repository}:{self.tag}" if self.tag else self.repository
        return f"{named}@{self.digest}" if self.digest else named


def split(reference: str) -> ImageReference:
    """The parts of an image reference.

    Raises:
        BadFlagValue: it is none.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        why = "this is not an image reference"
        raise BadFlagValue("image", reference, why, "Write it as `registry/name:tag`.")
    return ImageReference(
        repository=match["repository"], tag=match["tag"] or "", digest=match["digest"] or ""
    )


def with_default_tag(reference: ImageReference) -> ImageReference:
    """What a registry is asked for: `:latest` when neither tag nor digest is named."""
    if reference.tag or reference.digest:
        return reference
    return ImageReference(repository=reference.repository, tag=DEFAULT_TAG)


def familiar(text: str) -> str:
    """As people say it, without the digest: `httpd:2.4` of `httpd:2.4@sha256:…`."""
    return text.partition("@")[0]


def short(text: str) -> str:
    """With a digest that fits on a line: `httpd:2.4@sha256:2f1a6c0b7d55`."""
    named, at, digest = text.partition("@")
    algorithm, colon, figure = digest.partition(":")
    return named + at + algorithm + colon + figure[:_DIGEST_SHOWN]
