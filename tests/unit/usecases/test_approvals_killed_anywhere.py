"""Kill the process at every named point from the request to the start: exactly one rollout."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pytest

from bot.domain.change import ActionKind
from bot.domain.request import Principal
from bot.domain.rollout.record import Rollout
from tests.unit.usecases.approving import CAT, DAN, Approving, asking, changed
from tests.unit.usecases.bed import BOB, KilledError
from tests.unit.usecases.test_killed_anywhere import go_on, run

LINES = {"update": "update --image reg/httpd:v2 web", "rm": "rm web"}
ENDS = {"update": "completed", "rm": "applied"}


def click(bed: Approving, kind: ActionKind, name: str, who: Principal) -> None:
    bed.click(kind, name, who)
    run(bed)


def approved(bed: Approving, line: str) -> str:
    """Ask, let two people say yes, and whatever happens go on for a minute."""
    made = bed.type(LINES[line])
    run(bed)
    go_on(bed, 5)
    name = f"p-{made.partition('-')[2]}"
    for who in (CAT, DAN):
        click(bed, ActionKind.APPROVE, name, who)
    go_on(bed, 60)
    return made


def voided(bed: Approving) -> str:
    """The policy changes before the last yes; then bob plans it again, and it is approved."""
    made = bed.type(LINES["update"])
    run(bed)
    go_on(bed, 5)
    name = f"p-{made.partition('-')[2]}"
    changed(bed)
    for who in (CAT, DAN):
        click(bed, ActionKind.APPROVE, name, who)
    go_on(bed, 10)
    click(bed, ActionKind.PLAN_AGAIN, name, BOB)
    go_on(bed, 10)
    again = bed.approval(name).again
    for who in (CAT, DAN):
        click(bed, ActionKind.APPROVE, f"p-{again.partition('-')[2]}", who)
    go_on(bed, 60)
    return again


def expired(bed: Approving) -> str:
    made = bed.type(LINES["update"])
    run(bed)
    go_on(bed, 5)
    bed.clock.advance(timedelta(minutes=30))
    go_on(bed, 10)
    return made


@cache
def undisturbed(scene: str) -> Approving:
    """Return the scene played without a kill: to compare with, not to go on."""
    bed = asking()
    bed.points.clear()
    play(scene, bed)
    return bed


def points(scene: str) -> list[tuple[str, int]]:
    seen: dict[str, int] = {}
    for point in undisturbed(scene).points:
        seen[point] = min(3, seen.get(point, 0) + 1)
    return [(point, n) for point, most in seen.items() for n in range(1, most + 1)]


def play(scene: str, bed: Approving) -> str:
    if scene == "void":
        return voided(bed)
    return expired(bed) if scene == "expire" else approved(bed, scene)


CASES = [
    (scene, point, n) for scene in ("update", "rm", "void", "expire") for point, n in points(scene)
]


def told(bed: Approving) -> dict[str, tuple[object, ...]]:
    """Return all that was said at the top of the channel, by the row's id: what it shows."""
    found: dict[str, tuple[object, ...]] = {}
    for message in bed.slack.messages:
        if message.thread_ts is None:
            assert message.message_id not in found, "said twice"
            payload = (message.content.metadata or {})["event_payload"]
            found[message.message_id] = (payload["state"],)
    return found


@pytest.mark.parametrize(("scene", "point", "number"), CASES)
def test_a_kill_anywhere_ends_as_if_there_had_been_none(
    scene: str, point: str, number: int
) -> None:
    calm = undisturbed(scene)
    bed = asking()
    visits = 0

    def fault(at: str) -> None:
        nonlocal visits
        if at == point:
            visits += 1
            if visits == number:
                raise KilledError(at)

    bed.fault = fault
    play(scene, bed)
    go_on(bed, 30)
    assert visits >= number, "the kill never happened"
    assert bed.swarm.writes == calm.swarm.writes
    assert told(bed) == told(calm)
    assert bed.store.open_ids("default", Rollout) == calm.store.open_ids("default", Rollout) == []


@pytest.mark.parametrize(("scene", "point", "number"), CASES)
def test_a_twin_of_every_job_in_between_changes_nothing(
    scene: str, point: str, number: int
) -> None:
    """A redelivered job runs beside the one that is under way."""
    calm = undisturbed(scene)
    bed = asking()
    visits, busy = 0, False

    def twin(at: str) -> None:
        nonlocal visits, busy
        visits += at == point
        if at == point and visits == number and not busy:
            busy = True
            for job in list(bed.queue.enqueued):
                bed.wired().runner(job.name).run(job.subject)
            busy = False

    bed.fault = twin
    play(scene, bed)
    go_on(bed, 30)
    assert visits >= number
    assert bed.swarm.writes == calm.swarm.writes
    assert told(bed) == told(calm)
