"""`python -m tests.mutation_score`: how many mutants the tests notice; fails below 85 %."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

LEAST = 85.0
"""Percent."""

_STATS = Path(__file__).parent.parent / "mutants" / "mutmut-cicd-stats.json"
_NOTICED = ("killed", "timeout")  # an endless loop is noticed, too


def score_of(stats: Mapping[str, int]) -> float:
    """Return the percentage; 0 when there was no mutant.

    Args:
        stats: as `mutmut export-cicd-stats` writes them. What no test reaches, or what was not
            run to its end, is not noticed.
    """
    return 100 * sum(stats[name] for name in _NOTICED) / stats["total"] if stats["total"] else 0.0


def main() -> int:
    """Print the score; return 1 when it is too low."""
    stats = json.loads(_STATS.read_text(encoding="utf-8"))
    score = score_of(stats)
    noticed = sum(stats[name] for name in _NOTICED)
    sys.stdout.write(f"{noticed} of {stats['total']} mutants were noticed: {score:.1f} %\n")
    if score < LEAST:
        sys.stdout.write(f"at least {LEAST:.0f} % are wanted\n")
    return int(score < LEAST)


if __name__ == "__main__":
    sys.exit(main())
