"""Two hundred rollouts that end together: as posts, and as edits of what stands there by then."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.bed import HOUR, SECOND, Bed, bed
from bench.ends import Showing, first, showings
from bench.processes import until
from bench.recorded import entered
from bot.adapters.audit_log import RedisAuditLog
from bot.domain.rollout.note import NoteKind
from bot.domain.rollout.record import RolloutState
from bot.rendering.metadata import NOTE, ROLLOUT
from playground.simulator.server import control

AT_ONCE, IN_TROUBLE, OTHERS = 200, 10, 10
_FAILS = "late"
_PROGRESS = {RolloutState.PROGRESSING.value, NoteKind.PROGRESS.value}
_SAID = {
    RolloutState.COMPLETED: NoteKind.ENDED.value,
    RolloutState.PAUSED: NoteKind.PAUSED.value,
}
_LONGEST = 900
_LOOK_EVERY = 5.0


@dataclass(frozen=True, kw_only=True)
class Begun:
    """Rollouts that were typed.

    Attributes:
        at: when the first line was typed, seconds since the epoch.
        typed: seconds until all lines were.
        ids: of those that complete.
        in_trouble: of those that will be paused.
    """

    at: float
    typed: float
    ids: Sequence[str]
    in_trouble: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What came of it: seconds from a state's record until it is shown, by what shows it.

    Attributes:
        ends: in the rollout's message.
        ends_said: in its thread and the channel.
        calls: for help, in the rollout's message.
        calls_said: in its thread and the channel.
        edited: how many of the ends are edits.
        edits: since the last was on record, until each rollout's message had shown it.
        edits_of_progress: those among them that told of progress, before a pause or during it.
        limited: answers 429, from the first line typed.
        typed: seconds until all lines were typed.
        last: seconds from the first line typed until each rollout's message had shown it.
    """

    ends: Sequence[float]
    ends_said: Sequence[float]
    calls: Sequence[float]
    calls_said: Sequence[float]
    edited: int
    edits: int
    edits_of_progress: int
    limited: int
    typed: float
    last: float


def as_posts() -> Ended:
    """Let them end within seconds: the end is mostly the first that is posted."""
    with bed(processes=2, rate_limits=True) as on:
        for number in range(AT_ONCE):
            on.makes(f"web-{number:03}", 2)
        began = time.time()
        ids = _typed(on, range(AT_ONCE))
        return _watched(on, Begun(at=began, typed=time.time() - began, ids=ids))


def as_edits() -> Ended:
    """Let all be shown `progressing` first; then one call to the simulator ends them."""
    with bed(processes=2, rate_limits=True) as on:
        image = {"name": f"httpd:{_FAILS}", "ends_in": 3590, "exit_code": 3}
        control(on.lab.port, "image", **image, errors=["late: lost the session store"])
        for number in range(AT_ONCE):
            on.makes(f"web-{number:03}", 2, Parallelism=1, Delay=HOUR)
        for number in range(OTHERS):
            on.makes(f"other-{number:03}", 60, Parallelism=1, Delay=5 * SECOND)
        begun = _begun(on)
        _until_shown(on, dict.fromkeys(_all(begun), RolloutState.PROGRESSING))
        on.lab.advance(3 * HOUR // SECOND + 60)  # the delay twice, and a monitor as long
        for number in range(OTHERS):
            on.types(f"update --env-add BENCH=1 other-{number:03}", _room(on, number))
        return _watched(on, begun)


def _begun(on: Bed) -> Begun:
    began, every = time.time(), AT_ONCE // IN_TROUBLE
    in_trouble = _typed(on, range(0, AT_ONCE, every), f"--image {on.image(_FAILS)}")
    ids = _typed(on, [each for each in range(AT_ONCE) if each % every])
    return Begun(at=began, typed=time.time() - began, ids=ids, in_trouble=in_trouble)


def _typed(on: Bed, numbers: Iterable[int], change: str = "--env-add BENCH=1") -> list[str]:
    return [on.types(f"update {change} web-{n:03}", _room(on, n)) for n in numbers]


def _room(on: Bed, number: int) -> str:
    rooms = on.channels()  # those in trouble, each twentieth, are not all in the same
    return rooms[(number + number // len(rooms)) % len(rooms)]


def _all(begun: Begun) -> list[str]:
    return [*begun.ids, *begun.in_trouble]


def _watched(on: Bed, begun: Begun) -> Ended:
    """Wait until each has its state, on record and then on Slack."""
    on.until_all(begun.in_trouble, RolloutState.PAUSED, _LONGEST)
    on.until_all(begun.ids, RolloutState.COMPLETED, _LONGEST)
    wanted = dict.fromkeys(begun.ids, RolloutState.COMPLETED)
    wanted |= dict.fromkeys(begun.in_trouble, RolloutState.PAUSED)
    at = entered(RedisAuditLog(on.redis), wanted)
    found = _until_shown(on, wanted)
    calls = on.stage.client.calls()
    limited = sum(call.get("outcome") == "ratelimited" for call in calls)
    return judged(begun, at, found, limited)


def _until_shown(on: Bed, wanted: Mapping[str, RolloutState]) -> list[Showing]:
    """Wait until each one's message and thread have shown its state; return all they ever did."""
    found: list[Showing] = []

    def all_are() -> bool:
        nonlocal found
        found = showings(on.stage.client.messages())
        missing = unshown(found, wanted)
        if missing:
            time.sleep(_LOOK_EVERY)
        return not missing

    until(all_are, f"{len(wanted)} messages to show what is on record", _LONGEST)
    return found


def unshown(found: Sequence[Showing], wanted: Mapping[str, RolloutState]) -> set[str]:
    """Return the rollouts whose message does not show a state yet, or whose thread says no word."""
    by_state = {state: first(found, ROLLOUT, state.value).keys() for state in wanted.values()}
    said = {state: first(found, NOTE, note).keys() for state, note in _SAID.items()}
    return {
        each
        for each, state in wanted.items()
        if each not in by_state[state] or (state in said and each not in said[state])
    }


def judged(begun: Begun, at: Mapping[str, float], found: Sequence[Showing], limited: int) -> Ended:
    """Return how long all took that was shown since it was recorded (`at`)."""
    ends, calls = (first(found, ROLLOUT, state.value) for state in _SAID)
    ends_said, calls_said = (first(found, NOTE, note) for note in _SAID.values())
    last = max(each.at for of in (ends, calls) for name, each in of.items() if name in at)
    edits = [each for each in found if each.is_edit and max(at.values()) <= each.at <= last]
    pauses = first(found, ROLLOUT, RolloutState.PAUSED.value).values()
    return Ended(
        ends=[ends[each].at - at[each] for each in begun.ids],
        ends_said=[ends_said[each].at - at[each] for each in begun.ids],
        calls=[calls[each].at - at[each] for each in begun.in_trouble],
        calls_said=[calls_said[each].at - at[each] for each in begun.in_trouble],
        edited=sum(ends[each].is_edit for each in begun.ids),
        edits=len(edits),
        edits_of_progress=sum(_is_progress(each, pauses) for each in edits),
        limited=limited,
        typed=begun.typed,
        last=last - begun.at,
    )


def _is_progress(each: Showing, pauses: Collection[Showing]) -> bool:
    """Return whether it is no news but progress; a task that restarts under a pause is that."""
    again = (each.kind, each.word) == (ROLLOUT, RolloutState.PAUSED.value) and each not in pauses
    return again or each.word in _PROGRESS
