"""Kill the process at every named point: one change, one parent, one final message, each time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import cache

import pytest

from bot.domain.change import ActionKind
from bot.domain.policy.events import LEVELS
from bot.domain.rollout.record import Rollout
from bot.ports import Put, StoreUnavailableError, Transaction
from tests.contract import samples
from tests.unit.usecases.bed import Bed, KilledError, made
from tests.unit.usecases.faults import crashing

Scene = Callable[[Bed], str]
ELSEWHERE = "C7"


def _update(bed: Bed) -> str:
    return bed.type("update --image reg/httpd:v2 web")


def _create(bed: Bed) -> str:
    return bed.type("create --name api --replicas 2 reg/httpd:v1")


def _rollback(bed: Bed) -> str:
    return bed.type("rollback web")


def _swarm_goes_back(bed: Bed) -> str:
    crashing(bed)
    return bed.type("update --image reg/httpd:crash --update-failure-action rollback web")


def _supersede(bed: Bed) -> str:
    bed.done("update --image reg/httpd:v3 --update-delay 5s web")
    first = bed.type("update --image reg/httpd:v1 web")
    run(bed)
    assert bed.rollout(first).state.value == "progressing"
    return bed.type("update --image reg/httpd:v2 --supersede web")


SCENES: dict[str, tuple[Scene, str]] = {
    "update": (_update, "completed"),
    "create": (_create, "completed"),
    "rollback": (_rollback, "rolled_back"),
    "swarm_goes_back": (_swarm_goes_back, "rolled_back"),
}


def arranged() -> Bed:
    bed = made()
    bed.done("scale web=4")
    bed.settle(10)
    wish = samples.subscription("s-1", channel=ELSEWHERE, pattern="*", on=LEVELS["all"])
    bed.store.commit(Transaction(cluster="default", puts=(Put(record=wish, rev=0),)))
    bed.points.clear()
    return bed


def heard(bed: Bed, rollout_id: str) -> list[object]:
    """Return what the other channel shows of a rollout: its message's state, then the events."""
    mine = [m for m in bed.slack.messages if m.channel == ELSEWHERE]
    told = [(m.content.metadata or {})["event_payload"] for m in mine]
    return [p["event"] or p["state"] for p in told if p["rollout_id"] == rollout_id]


def run(bed: Bed) -> None:
    """Run the jobs that wait; a kill loses the job and the process."""
    while bed.queue.jobs:
        job = bed.queue.take()
        try:
            bed.use.runner(job.name).run(job.subject)
        except KilledError:
            bed.use = bed.wired()


def go_on(bed: Bed, seconds: float) -> None:
    end = bed.clock.now() + timedelta(seconds=seconds)
    while bed.clock.now() < end:
        run(bed)
        try:
            bed.tick()
        except KilledError:
            bed.use = bed.wired()


@cache
def undisturbed(scene: str) -> tuple[Bed, str]:
    """Return the scene played without a kill, and its rollout: to compare with, not to go on."""
    bed = arranged()
    start, _ = SCENES[scene]
    rollout_id = start(bed)
    go_on(bed, 60)
    return bed, rollout_id


def points_of(scene: str) -> list[tuple[str, int]]:
    """Return every (point, n-th visit) that an undisturbed run passes: the first two of each.

    Of those around a call of Slack more: each is another message or edit.
    """
    bed, _ = undisturbed(scene)
    seen: dict[str, int] = {}
    for point in bed.points:
        most = 3 if point.startswith("speak.") else 2
        seen[point] = min(most, seen.get(point, 0) + 1)
    return [(point, n) for point, times in seen.items() for n in range(1, times + 1)]


CASES = [(scene, point, n) for scene in SCENES for point, n in points_of(scene)]


@pytest.mark.parametrize(("scene", "point", "number"), CASES)
def test_a_kill_anywhere_ends_as_if_there_had_been_none(
    scene: str, point: str, number: int
) -> None:
    start, final = SCENES[scene]
    calm, calm_id = undisturbed(scene)
    bed = arranged()
    visits = 0

    def fault(at: str) -> None:
        nonlocal visits
        if at == point:
            visits += 1
            if visits == number:
                raise KilledError(at)

    bed.fault = fault
    rollout_id = start(bed)
    go_on(bed, 60)
    assert visits >= number, "the kill never happened"
    assert bed.rollout(rollout_id).state.value == final
    assert bed.swarm.writes == calm.swarm.writes
    assert len(bed.parents(rollout_id)) == 1
    told = [m.content.text for m in bed.thread(rollout_id) if m.broadcast]
    assert len(told) == len([m for m in calm.thread(calm_id) if m.broadcast]) == 1
    assert heard(bed, rollout_id) == heard(calm, calm_id) == [final, final]
    service = bed.rollout(rollout_id).service
    assert [e.mark for e in bed.history(service).entries] == [
        e.mark for e in calm.history(service).entries
    ]
    assert bed.store.live_rollout("default", service) is None


@pytest.mark.parametrize(
    "point", [point for scene, point, n in CASES if (scene, n) == ("update", 1)]
)
def test_what_a_person_put_back_after_a_kill_stays(point: str) -> None:
    """Once it was posted; before, what they post is what is live anyway, and the change goes on."""
    bed = arranged()
    old, writes = bed.swarm.service("web").spec, bed.writes()
    rollout_id = _update(bed)
    killed = False

    def fault(at: str) -> None:
        nonlocal killed
        if at == point and not killed:
            killed = True
            raise KilledError(at)

    bed.fault = fault
    while not killed:
        go_on(bed, 0.5)
    posted = bed.writes() > writes
    bed.swarm.post_outside("web", lambda spec: spec.update(copy.deepcopy(old)))
    ended = bed.rollout(rollout_id).state.value == "completed"
    go_on(bed, 60)
    state = bed.rollout(rollout_id).state.value
    assert state == ("superseded" if posted and not ended else "completed")
    assert bed.image() == ("reg/httpd:v1" if posted else "reg/httpd:v2")
    assert bed.writes() == writes + 1


@pytest.mark.parametrize(("scene", "point", "number"), CASES)
def test_a_twin_of_the_job_that_runs_in_between_changes_nothing(
    scene: str, point: str, number: int
) -> None:
    start, final = SCENES[scene]
    calm, _ = undisturbed(scene)
    bed = arranged()
    rollout_id = start(bed)
    visits = 0

    def twin(at: str) -> None:
        nonlocal visits
        visits += at == point
        if at == point and visits == number:
            bed.wired().plan.run(rollout_id)
            bed.wired().apply.run(rollout_id)

    bed.fault = twin
    go_on(bed, 60)
    assert visits >= number
    assert bed.rollout(rollout_id).state.value == final
    assert bed.swarm.writes == calm.swarm.writes
    assert len(bed.parents(rollout_id)) == 1
    assert len([m for m in bed.thread(rollout_id) if m.broadcast]) == 1


@pytest.mark.parametrize("scene", SCENES)
def test_every_job_run_five_times_changes_nothing_more(scene: str) -> None:
    bed = arranged()
    start, final = SCENES[scene]
    before = bed.writes()
    rollout_id = start(bed)
    calm = arranged()
    calm_before = calm.writes()
    start(calm)
    go_on(calm, 60)
    end = bed.clock.now() + timedelta(seconds=60)
    while bed.clock.now() < end:
        while bed.queue.jobs:
            job = bed.queue.take()
            for _ in range(5):
                bed.use.runner(job.name).run(job.subject)
        bed.tick()
    assert bed.rollout(rollout_id).state.value == final
    assert bed.writes() - before == calm.writes() - calm_before
    assert len(bed.parents(rollout_id)) == 1


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("scene", SCENES)
def test_a_lost_reply_of_the_engine_is_no_second_change(scene: str, applied: bool) -> None:  # noqa: FBT001  a case's figure
    bed = arranged()
    start, final = SCENES[scene]
    calm, _ = undisturbed(scene)
    bed.swarm.lose_next_reply(applied=applied)
    rollout_id = start(bed)
    bed.until(rollout_id, final)
    assert bed.swarm.writes == calm.swarm.writes


def test_a_lost_reply_of_redis_is_no_second_word() -> None:
    for number in range(1, 6):
        bed = arranged()
        rollout_id = _update(bed)
        job = bed.queue.take()
        commit, count = bed.store.commit, 0

        def losing(transaction: object, number: int = number, bed: Bed = bed) -> None:
            nonlocal count
            count += 1
            if count == number:
                bed.store.lose_replies = 1
            commit(transaction)  # type: ignore[arg-type]  # noqa: B023  called within the loop's turn

        bed.store.commit = losing  # type: ignore[method-assign]  # this store loses replies
        with suppress(StoreUnavailableError):
            bed.use.plan.run(job.subject)
        go_on(bed, 40)
        assert bed.rollout(rollout_id).state.value == "completed"
        assert len(bed.parents(rollout_id)) == 1


def test_a_killed_supersede_ends_both() -> None:
    bed = arranged()
    rollout_id = _supersede(bed)
    killed = False

    def fault(at: str) -> None:
        nonlocal killed
        if at == "announce.after_commit" and not killed:
            killed = True
            raise KilledError(at)

    bed.fault = fault
    go_on(bed, 90)
    assert killed
    assert bed.rollout(rollout_id).state.value == "completed"
    assert bed.image() == "reg/httpd:v2"
    assert bed.store.open_ids("default", Rollout) == []


@pytest.mark.parametrize("point", ["act.before_commit", "act.after_commit", "apply.after_post"])
def test_a_killed_act_is_done_once(point: str) -> None:
    bed = made()
    bed.swarm.add_image("reg/httpd:crash", ends_in=timedelta(seconds=1), exit_code=1)
    rollout_id = bed.type("update --image reg/httpd:crash web")
    bed.until(rollout_id, "paused")
    writes = bed.writes()
    killed = False

    def fault(at: str) -> None:
        nonlocal killed
        if at == point and not killed:
            killed = True
            raise KilledError(at)

    bed.fault = fault
    bed.click(ActionKind.ROLLBACK, rollout_id)
    go_on(bed, 60)
    assert killed
    assert bed.rollout(rollout_id).state.value == "rolled_back"
    calm = made()
    calm.swarm.add_image("reg/httpd:crash", ends_in=timedelta(seconds=1), exit_code=1)
    same = calm.type("update --image reg/httpd:crash web")
    calm.until(same, "paused")
    before = calm.writes()
    calm.click(ActionKind.ROLLBACK, same)
    calm.until(same, "rolled_back")
    assert bed.writes() - writes == calm.writes() - before


def test_a_fenced_out_steward_writes_nothing() -> None:
    from bot.ports import ConflictError

    bed = arranged()
    rollout_id = _update(bed)
    run(bed)
    old = bed.leases.acquire("default", "one", timedelta(seconds=4))
    assert old is not None
    bed.clock.advance(5)
    bed.leases.acquire("default", "two", timedelta(seconds=4))
    before = bed.rollout(rollout_id)
    with pytest.raises(ConflictError) as caught:
        bed.use.supervise.tick("default", old)
    assert caught.value.guard == "epoch"
    assert bed.rollout(rollout_id) == before
