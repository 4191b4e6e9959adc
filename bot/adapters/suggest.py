"""Did-you-mean over names, by rapidfuzz: better than difflib on transposed and missing letters."""

from collections.abc import Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

_SURE_ENOUGH = 0.61
"""Of 1.0: one letter in three may be wrong; two in five (`bogus` is no `logs`) misleads."""


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
