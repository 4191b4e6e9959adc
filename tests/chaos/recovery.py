"""How long it took until Waggle went on, after each interruption."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.history import PRIVATE_ENDS, PUBLIC_ENDS, History, Interruption

_AT_A_POINT = "kill -9 at a named point"


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """Seconds after one interruption; None: it was not seen.

    Attributes:
        next: until what was killed had been replaced, and Waggle did something: for the record that
            was struck, where that is known; else for any.
        all: until the last of the rollouts in flight had got on: something of it was recorded (by
            the audit log), its service was changed, or something was posted or edited. The waiting
            that Swarm was asked for is part of it.
        in_flight: how many rollouts the audit log knows to be accepted and not ended then; those
            that never became one (refused, nothing to do) are not among them.
        shown: how many were waited for, by what the channels showed.
    """

    what: str
    next: float | None
    all: float | None
    in_flight: int
    shown: int


def recoveries(history: History) -> list[Recovery]:
    """Return one for each interruption."""
    signs, lives = _signs(history), _lives(history)
    return [_recovery(each, signs, lives) for each in history.interruptions]


def _recovery(each: Interruption, signs: "_Signs", lives: "Mapping[str, _Life]") -> Recovery:
    flying = [one for one, life in lives.items() if life.began <= each.broken_at < life.ended]
    # of what ended while something slept there is nothing to come
    late = [one for one in flying if lives[one].ended > each.at]
    moved = [at for one in late if (at := _first(signs, one, each.at)) is not None]
    after = _next(each, signs, lives)
    return Recovery(
        what=_kind(each),
        next=None if after is None else after - each.at,
        all=max(moved) - each.at if moved else None,
        in_flight=len(flying),
        shown=len(each.in_flight),
    )


def _next(each: Interruption, signs: "_Signs", lives: "Mapping[str, _Life]") -> float | None:
    """Return when it went on; the strict reading: with what was struck, if that was to go on."""
    if each.back_at is None:
        return None
    for one in each.struck:
        if (at := _first(signs, one, each.at)) is not None:
            return at
    was_open = [one for one in each.struck if one in lives and each.at < lives[one].ended]
    return None if was_open else each.back_at


def _kind(each: Interruption) -> str:
    if not each.what.startswith("kill -9 at "):
        return each.what
    return f"{_AT_A_POINT}, {'of a job' if each.struck else 'of the steward'}"


_Signs = Mapping[str, Sequence[float]]
"""When anything of a record was seen."""


def _signs(history: History) -> "_Signs":
    signs: defaultdict[str, list[float]] = defaultdict(list)
    for entry in history.entries:
        signs[entry.subject].append(entry.at)
    for message in history.told:
        signs[message.rollout] += message.moved_at
    for specs in history.specs.values():
        for spec in specs:
            signs[spec.mark[0]].append(spec.at)
    return signs


def _first(signs: "_Signs", subject: str, after: float) -> float | None:
    return min((at for at in signs.get(subject, ()) if at > after), default=None)


@dataclass(frozen=True, kw_only=True)
class _Life:
    began: float
    ended: float


def _lives(history: History) -> dict[str, _Life]:
    """Return from when to when each rollout was under way, by the audit log alone."""
    began = {e.subject: e.at for e in history.entries if e.what == "accepted"}
    ends = PUBLIC_ENDS | PRIVATE_ENDS
    ended = {e.subject: e for e in reversed(history.entries) if e.what in ends}
    return {
        one: _Life(began=at, ended=ended[one].at if one in ended else math.inf)
        for one, at in began.items()
        if one.startswith("r-") and (one not in ended or ended[one].what in PUBLIC_ENDS)
    }


def shown_after(history: History) -> list[float]:
    """Return how long it took, of each rollout, until the channel showed its recorded end."""
    ended = {one: life.ended for one, life in _lives(history).items()}
    shown = {m.rollout: max(m.moved_at) for m in history.told if m.state in PUBLIC_ENDS}
    return [at - ended[one] for one, at in shown.items() if ended.get(one, math.inf) < at]


def percentile(figures: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: a figure that was measured."""
    ordered = sorted(figures)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(found: Sequence[Recovery]) -> Iterator[str]:
    """Yield a table in Markdown: a line for each kind of interruption, and one for all."""
    kinds: defaultdict[str, list[Recovery]] = defaultdict(list)
    for each in found:
        kinds[each.what].append(each)
    yield "| interruption | times | next sign p50 / p95 / max | every rollout p50 / p95 / max |"
    yield "|---|---|---|---|"
    for what in sorted(kinds):
        yield _row(what, kinds[what])
    yield _row("**all**", found)


def _row(what: str, found: Sequence[Recovery]) -> str:
    nexts = [each.next for each in found if each.next is not None]
    alls = [each.all for each in found if each.all is not None]
    return f"| {what} | {len(found)} | {figures(nexts)} | {figures(alls)} |"


def figures(found: Sequence[float]) -> str:
    """Return three percentiles in words."""
    if not found:
        return "–"
    return " / ".join(f"{percentile(found, share):.1f}" for share in (0.5, 0.95, 1.0)) + " s"
