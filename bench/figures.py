"""Numbers and the tables they are shown in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of the values that at least `share` (0 to 1) of them do not exceed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    """Return the middle value; of an even number the lower one."""
    return percentile(values, 0.5)


def shown(value: float) -> str:
    """Return a figure with three digits that mean something: 0.0123, 1.23, 123, 1,230."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


@dataclass(frozen=True)
class Table:
    """One table of docs/reference/benchmarks.md.

    Attributes:
        name: also the word after `python -m bench`.
        title: the heading.
        about: what is measured and how, in Markdown.
        head: the columns.
        rows: cells as they are shown.
        verdict: each aim with what came of it, also those that were missed.
        command: what makes it, if it is not `make bench ARGS=NAME`.
    """

    name: str
    title: str
    about: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    verdict: Sequence[str] = field(default_factory=tuple)
    command: str = ""

    def markdown(self) -> str:
        """Return the section."""
        command = self.command or f"make bench ARGS={self.name}"
        lines = [f"## {self.title}", self.about, "", f"`{command}`", ""]
        lines += [_row(self.head), _row(["---"] * len(self.head)), *map(_row, self.rows)]
        if self.verdict:
            lines += ["", *(f"- {line}" for line in self.verdict)]
        return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


UNEXPLAINED = "nobody has said why"
"""Stands beside a missed aim that no reason is written for; a page with it is not committed."""


def aim(what: str, figure: float, most: float, unit: str = "", *, why: str = "") -> str:
    """Say whether a figure stays within its aim, and `why` not, should it not."""
    near = "just over " if figure > most and shown(figure) == shown(most) else ""
    said = f"{what}: {near}{shown(figure)}{unit}, aim ≤ {shown(most)}{unit}"
    return f"{said}: {_word(why, met=figure <= most)}"


def floor(what: str, figure: float, least: float, unit: str = "", *, why: str = "") -> str:
    """Say whether a figure reaches its aim, and `why` not, should it not."""
    near = "just under " if figure < least and shown(figure) == shown(least) else ""
    said = f"{what}: {near}{shown(figure)}{unit}, aim ≥ {shown(least)}{unit}"
    return f"{said}: {_word(why, met=figure >= least)}"


def _word(why: str, *, met: bool) -> str:
    return "met" if met else f"**missed**: {why or UNEXPLAINED}"
