"""The seam for did-you-mean: the standard library's by default, a better one by argument."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

Suggest = Callable[[str, Sequence[str]], "str | None"]
"""Takes what was typed and what is known; returns the known word that was likely meant."""

_LONGEST = 64  # difflib is quadratic: nothing longer than this is a typing error
_BEGUN = 2  # one letter says too little


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word nearest to `word`, or None if nothing is near."""
    if len(word) > _LONGEST:
        return None
    found = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, known: Sequence[str], suggest: Suggest, *, prefix: str = "") -> str:
    """A question such as: Did you mean `update`? Or nothing."""
    meant = _begun(word, known) or suggest(word, known)
    return f"Did you mean `{prefix}{meant}`?" if meant else ""


def _begun(word: str, known: Sequence[str]) -> str | None:
    """The only known word that begins so: `hist` is `history`, though `list` has its letters."""
    if len(word) < _BEGUN:
        return None
    begun = [one for one in known if one.lower().startswith(word.lower())]
    return begun[0] if len(begun) == 1 else None
