"""How long it took until Waggle went on, after each interruption."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.chaos.history import PUBLIC_ENDS, History

_AT_A_POINT = "kill -9 at a named point"


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """Seconds after one interruption; None: it was not seen.

    Attributes:
        next: until what was killed had been replaced, and Waggle did something.
        all: until the last of the rollouts in flight had got on: something of it was recorded (by
            the audit log), its service was changed, or something was posted or edited. The waiting
            that Swarm was asked for is part of it, and so are Slack's limits.
    """

    what: str
    next: float | None
    all: float | None
    in_flight: int


def recoveries(history: History) -> list[Recovery]:
    """Return one for each interruption."""
    signs: defaultdict[str, list[float]] = defaultdict(list)
    for entry in history.entries:
        signs[entry.subject].append(entry.at)
    for message in history.told:
        signs[message.rollout] += message.moved_at
    for specs in history.specs.values():
        for spec in specs:
            signs[spec.mark[0]].append(spec.at)
    # whoever typed it may not have looked yet
    shown = {m.rollout: max(m.moved_at) for m in history.told if m.state in PUBLIC_ENDS}
    found = []
    for each in history.interruptions:
        flying = [one for one in each.in_flight if shown.get(one, math.inf) > each.at]
        after = [[at for at in signs[one] if at > each.at] for one in flying]
        moved = [min(times) for times in after if times]
        found.append(
            Recovery(
                what=each.what,
                next=None if each.back_at is None else each.back_at - each.at,
                all=max(moved) - each.at if moved else None,
                in_flight=len(each.in_flight),
            )
        )
    return found


def percentile(figures: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: a figure that was measured."""
    ordered = sorted(figures)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(found: Sequence[Recovery]) -> Iterator[str]:
    """Yield a table in Markdown: a line for each kind of interruption, and one for all."""
    kinds: defaultdict[str, list[Recovery]] = defaultdict(list)
    for each in found:
        kind = _AT_A_POINT if each.what.startswith("kill -9 at ") else each.what
        kinds[kind].append(each)
    yield "| interruption | times | next sign p50 / p95 / max | every rollout p50 / p95 / max |"
    yield "|---|---|---|---|"
    for what in sorted(kinds):
        yield _row(what, kinds[what])
    yield _row("**all**", found)


def _row(what: str, found: Sequence[Recovery]) -> str:
    nexts = [each.next for each in found if each.next is not None]
    alls = [each.all for each in found if each.all is not None]
    return f"| {what} | {len(found)} | {_figures(nexts)} | {_figures(alls)} |"


def _figures(figures: Sequence[float]) -> str:
    if not figures:
        return "–"
    return " / ".join(f"{percentile(figures, share):.1f}" for share in (0.5, 0.95, 1.0)) + " s"
