"""Prints a storm as docs/reference/chaos.md shows it."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.chaos.history import PUBLIC_ENDS, History
from tests.chaos.recovery import Recovery, figures, percentile, recoveries, shown_after, table

WITHIN = 15.0
"""Seconds until Waggle goes on: what is promised of 95 in 100 interruptions."""


def tell(history: History, seed: int, began: float) -> None:
    """Print what happened (`pytest -rP`).

    CHAOS_REPORT names a file to which it is added; the history itself is kept beside it.
    """
    took = time.monotonic() - began
    count = len(history.interruptions)
    lines = [f"SEED={seed}, {count} interruptions in {took:.0f} s", *_report(history)]
    sys.stdout.write("\n".join(lines) + "\n")
    if path := os.environ.get("CHAOS_REPORT"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n\n")
        Path(f"{path}.{seed}").write_text(repr(history), encoding="utf-8")


def _report(history: History) -> Iterator[str]:
    ends = [e.what for e in history.entries if e.what in PUBLIC_ENDS]
    found = recoveries(history)
    yield f"in flight at each, by the audit log: {_spread([each.in_flight for each in found])}"
    yield f"waited for at each, by the channels: {_spread([each.shown for each in found])}"
    yield f"{len(history.typed)} lines typed: {_counted([t.answer for t in history.typed])}"
    yield f"{len(ends)} rollouts: {_counted(ends)}"
    yield f"an end is shown {figures(shown_after(history))} after it is recorded"
    horses = [each.struck for each in history.interruptions if each.what.endswith("work horse")]
    yield f"work horses struck: {len(horses)}, {horses.count(())} of them with no job any more"
    refused = ", ".join(f"{n} {method}" for method, n in sorted(history.limited.items()))
    yield f"calls that Slack's limits refused (429): {refused or 'none'}"
    yield ""
    yield from table(found)
    yield ""
    yield verdict(found)


def verdict(found: Sequence[Recovery]) -> str:
    """Return in a sentence whether what is promised was kept."""
    nexts = [each.next for each in found if each.next is not None]
    never = len(found) - len(nexts)
    if not nexts:
        return "**Not kept:** it went on after none."
    p95 = percentile(nexts, 0.95)
    kept = not never and p95 <= WITHIN
    word = "Kept" if kept else "Not kept"
    gone = f", and never after {never}" if never else ""
    late = sum(each > WITHIN for each in nexts)
    return (
        f"**{word}:** after 95 in 100 of {len(found)} it went on within {p95:.1f} s "
        f"(promised: {WITHIN:.0f} s); after {late} later than promised{gone}."
    )


def _spread(counts: Sequence[int]) -> str:
    ordered = sorted(counts) or [0]
    return f"{ordered[0]} to {ordered[-1]}, median {ordered[len(ordered) // 2]}"


def _counted(words: Sequence[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in Counter(words).most_common())
