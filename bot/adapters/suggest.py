"""Did-you-mean over names, by rapidfuzz: better than difflib on transposed and missing letters."""

from collections.abc import Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

_SURE_ENOUGH = 0.55
"""Of 1.0: at most about every other letter may be wrong; below that a suggestion misleads."""


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Return the known word nearest to `word`, or None if nothing is near.

    (optimal string alignment).
    """
    found = process.extractOne(
        word.lower(),
        known,
        scorer=OSA.normalized_similarity,
        processor=str.lower,
        score_cutoff=_SURE_ENOUGH,
    )
    return found[0] if found else None
