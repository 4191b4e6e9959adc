"""Image references: repository, tag and digest.

The grammar is that of distribution/reference: `[host[:port]/]path[:tag][@digest]`. A colon after
the last slash starts a tag; one before it belongs to the registry's port.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from bot.domain.errors import BadFlagValue

DEFAULT_TAG = "latest"
_DIGEST_SHOWN = 12
_HUB = ("index.docker.io/", "docker.io/")

_REFERENCE = re.compile(
    r"(?P<repository>(?:[A-Za-z0-9.-]+(?::[0-9]+)?/|\[[0-9a-fA-F:]+\](?::[0-9]+)?/)?"
    r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][\w+.-]*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_RUN_OF_DIGITS = re.compile(r"([0-9]+)")
_BEGINS_A_VERSION = re.compile(r"v?[0-9]")
_LETTERS = 24
"""Of a tag that are compared: a registry may have 10,000 tags, and difflib is quadratic."""


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


def is_repository(text: str) -> bool:
    """Whether a word that names a service or a repository is surely no service's name."""
    return any(mark in text for mark in "/:@")


def with_default_tag(reference: ImageReference) -> ImageReference:
    """What a registry is asked for: `:latest` when neither tag nor digest is named."""
    if reference.tag or reference.digest:
        return reference
    return ImageReference(repository=reference.repository, tag=DEFAULT_TAG)


def familiar(text: str) -> str:
    """As people say it, without the digest: `httpd:2.4` of `httpd:2.4@sha256:…`."""
    return text.partition("@")[0]


def canonical(text: str) -> str:
    """In the one spelling for all that mean the same, without the digest: `httpd:latest`.

    As distribution/reference normalises: Docker Hub's own names and `library/` may be left out, and
    so may `:latest`, unless a digest is named.
    """
    named, at, _ = text.partition("@")
    for prefix in _HUB:
        named = named.removeprefix(prefix)
    if named.count("/") == 1:
        named = named.removeprefix("library/")
    has_tag = ":" in named.rpartition("/")[2]
    return named if has_tag or at else f"{named}:{DEFAULT_TAG}"


def short(text: str) -> str:
    """With a digest that fits on a line: `httpd:2.4@sha256:2f1a6c0b7d55`."""
    named, at, digest = text.partition("@")
    algorithm, colon, figure = digest.partition(":")
    return named + at + algorithm + colon + figure[:_DIGEST_SHOWN]


def nearest_tags(typed: str, known: Sequence[str], most: int) -> list[str]:
    """The tags most like the one that was typed, the nearest first, whatever order they come in.

    Alike are tags that begin alike, then those that share most of their letters; of equals the
    higher version goes first, for it is likely the newer one.
    """
    letters = difflib.SequenceMatcher(None, b=typed[:_LETTERS], autojunk=False)

    def likeness(tag: str) -> tuple[int, float]:
        letters.set_seq1(tag[:_LETTERS])
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(typed, tag, strict=False))
        return sum(1 for _ in alike), letters.ratio()

    highest_first = sorted(set(known), key=_version, reverse=True)
    return sorted(highest_first, key=likeness, reverse=True)[:most]


def newest_first(tags: Sequence[str]) -> list[str]:
    """The tags by version, the highest first, each once: v10 before 9, words last."""

    def rank(tag: str) -> tuple[bool, list[tuple[int, str]], str]:
        return bool(_BEGINS_A_VERSION.match(tag)), _version(tag.removeprefix("v")), tag

    return sorted(set(tags), key=rank, reverse=True)


def _version(tag: str) -> list[tuple[int, str]]:
    """Digits count as numbers: v10 is after v9."""
    parts = _RUN_OF_DIGITS.split(tag)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
