"""Two at once: other tools, other people, Swarm itself, between any two of our steps."""

import copy
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.domain.observation import UpdateState
from tests.unit.usecases.bed import BOB, Bed, made


def _swarm_pauses(bed: Bed) -> None:
    service = next(iter(bed.swarm.world.services.values()))
    service.update_state = UpdateState.PAUSED
    service.update_message = "update paused due to failure or early termination of task x"


def test_completed_reopens_when_swarm_pauses_later_and_holds_the_service_again() -> None:
    bed = made()
    rollout = bed.done("update --image reg/httpd:v2 --update-delay 20s web")
    assert rollout.watch_until is not None
    _swarm_pauses(bed)
    bed.tick()
    reopened = bed.rollout(rollout.id)
    assert (reopened.state.value, reopened.ended_at) == ("paused", None)
    assert bed.shown_state(rollout.id) == "paused"
    second = bed.type("scale web=9")
    bed.work()
    assert rollout.id in bed.private(second)


def test_what_a_new_rollout_holds_is_not_reopened() -> None:
    bed = made()
    old = bed.done("update --image reg/httpd:v2 --update-delay 20s web")

    def pause_and_look() -> None:
        _swarm_pauses(bed)
        bed.tick()

    bed.fault = _once("plan.after_commit", pause_and_look)
    new = bed.done("update --image reg/httpd:v3 --update-delay 0s web")
    assert bed.rollout(old.id).state.value == "completed"
    assert bed.rollout(old.id).watch_until is None
    assert bed.store.live_rollout("default", "web") is None
    assert new.state.value == "completed"


def _once(point: str, act: Callable[[], object]) -> Callable[[str], None]:
    """Act at the first visit of a point."""
    done: list[str] = []

    def fault(at: str) -> None:
        if at == point and not done:
            done.append(at)
            act()

    return fault


@pytest.mark.parametrize("point", ["plan.after_commit", "announce.after_post", "apply.observed"])
def test_what_changed_between_plan_and_post_is_not_overwritten(point: str) -> None:
    bed = made()
    rollout = bed.type("update --image reg/httpd:v2 web")
    bed.fault = _once(
        point,
        lambda: bed.swarm.post_outside(
            "web", lambda spec: spec["Mode"]["Replicated"].update(Replicas=5)
        ),
    )
    bed.until(rollout, "superseded")
    assert (bed.image(), bed.replicas()) == ("reg/httpd:v1", 5)
    assert "replicas" in bed.rollout(rollout).reason
    assert bed.store.live_rollout("default", "web") is None


def test_an_abort_right_before_the_post_keeps_it_from_being_sent() -> None:
    bed = made()
    writes = bed.writes()
    rollout = bed.type("update --image reg/httpd:v2 web")
    job = bed.queue.take()

    def abort() -> None:
        bed.type("abort web", BOB)
        bed.work()

    bed.fault = _once("apply.observed", abort)
    bed.use.plan.run(job.subject)
    bed.settle(5)
    assert bed.rollout(rollout).state.value == "aborted"
    assert bed.writes() == writes
    assert "had not been sent" in bed.rollout(rollout).left_behind


def test_managers_restored_from_an_older_backup_end_it_and_the_line_typed_again_works() -> None:
    bed = made()
    before = copy.deepcopy(bed.swarm.service("web").spec)
    bed.swarm.add_image("reg/httpd:crash", ends_in=timedelta(seconds=1), exit_code=1)
    rollout = bed.type("update --image reg/httpd:crash web")
    bed.until(rollout, "paused")
    bed.swarm.restore("web", before, version=1)
    bed.until(rollout, "superseded")
    shown = " ".join(bed.thread(rollout)[-1].content.text.split())
    assert "restored from an older backup" in shown
    assert "Type it again" in shown
    assert bed.store.live_rollout("default", "web") is None
    assert bed.image() == "reg/httpd:v1", "nothing is posted over it"
    bed.done("update --image reg/httpd:v2 web")
    assert bed.image() == "reg/httpd:v2"


def test_a_service_is_held_from_its_plan_on() -> None:
    bed = made()
    first = bed.type("update --image reg/httpd:v2 web")
    job = bed.queue.take()
    second: list[str] = []

    def type_another() -> None:
        second.append(bed.type("scale web=9", BOB))
        bed.work()

    bed.fault = _once("plan.after_commit", type_another)
    bed.use.plan.run(job.subject)
    assert first in bed.private(second[0])
    assert bed.parents(second[0]) == []
    bed.until(first, "completed")
