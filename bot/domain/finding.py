"""Finding lines by a pattern that cannot hang: fixed text, and `*` for anything between.

No regular expression: of those that people type, some take longer than a worker lives.
"""

from __future__ import annotations

MOST = 200
"""Characters of a pattern."""

ANY = "*"


def is_found(pattern: str, line: str) -> bool:
    """Whether a line has the pattern somewhere; upper and lower case are the same.

    Each part between the stars is looked for once, after the one before: the time grows with the
    line's length only.
    """
    text, at = line.casefold(), 0
    for part in pattern.casefold().split(ANY):
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True
