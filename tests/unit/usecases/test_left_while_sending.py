"""Aborted or taken over while its change is on its way: what is told is what was done."""

from contextlib import suppress

import pytest

from bot.domain.change import ActionKind
from bot.domain.rollout.record import Rollout
from bot.ports import EngineUnavailableError
from bot.usecases.speak import no_fault
from tests.unit.usecases.bed import BOB, Bed, KilledError, made
from tests.unit.usecases.faults import kill_at, once


def sent_but_not_recorded(line: str = "update --image reg/httpd:v2 web") -> tuple[Bed, str]:
    """Return a bed whose worker was killed right after its post."""
    bed = made()
    rollout = bed.type(line)
    bed.fault = kill_at("apply.after_post")
    with pytest.raises(KilledError):
        bed.work()
    bed.use = bed.wired()
    assert bed.image() == "reg/httpd:v2"
    return bed, rollout


def revisions(bed: Bed) -> list[tuple[int, str | None, bool]]:
    return [(entry.number, entry.rollout_id, entry.found) for entry in bed.history().entries][1:]


def test_an_abort_sees_that_the_change_was_sent() -> None:
    bed, rollout = sent_but_not_recorded()
    bed.type("abort web", BOB)
    bed.settle(30)
    end = bed.rollout(rollout)
    assert end.state.value == "aborted"
    assert "has been sent" in end.left_behind
    assert revisions(bed) == [(2, rollout, False)]


def test_a_take_over_sees_that_the_change_was_sent() -> None:
    bed, rollout = sent_but_not_recorded()
    second = bed.type("update --image reg/httpd:v3 --supersede web", BOB)
    bed.until(second, "completed")
    first = bed.rollout(rollout)
    assert first.state.value == "superseded"
    assert "has been sent" in first.left_behind
    assert (bed.rollout(second).from_revision, bed.rollout(second).to_revision) == (2, 3)
    assert revisions(bed) == [(2, rollout, False), (3, second, False)]


def test_a_take_over_of_a_service_given_by_its_id_sees_it_too() -> None:
    bed, rollout = sent_but_not_recorded()
    service = bed.swarm.service("web").id
    second = bed.type(f"update --image reg/httpd:v3 --supersede {service}", BOB)
    bed.until(second, "completed")
    assert revisions(bed) == [(2, rollout, False), (3, second, False)]


def test_a_take_over_in_the_middle_of_the_post_does_not_say_that_nothing_was_sent() -> None:
    bed = made()
    rollout = bed.type("update --image reg/httpd:v2 web")
    second: list[str] = []

    def take_over() -> None:
        second.append(bed.type("scale --supersede web=5", BOB))
        bed.work()

    bed.fault = once("apply.before_post", take_over)
    bed.work()
    bed.settle(30)
    first = bed.rollout(rollout)
    assert first.state.value == "superseded"
    assert bed.replicas() == 5
    assert bed.image() == "reg/httpd:v1", "the one that took over was first"
    assert "had not been sent" in first.left_behind


def test_an_abort_in_the_middle_of_the_post_is_corrected() -> None:
    bed = made()
    rollout = bed.type("update --image reg/httpd:v2 web")
    told: list[str] = []

    def abort() -> None:
        bed.type("abort web", BOB)
        bed.work()
        told.append(bed.rollout(rollout).left_behind)

    bed.fault = once("apply.before_post", abort)
    bed.work()
    bed.settle(30)
    end = bed.rollout(rollout)
    assert (end.state.value, bed.image()) == ("aborted", "reg/httpd:v2")
    assert "had not been sent" in told[0]
    assert "has been sent" in end.left_behind
    assert revisions(bed) == [(2, rollout, False)]
    assert end.left_behind in bed.parent(rollout).text
    assert end.left_behind in bed.thread(rollout)[-1].content.text
    assert len([shown for shown in bed.thread(rollout) if shown.broadcast]) == 1


def test_without_docker_an_abort_does_not_claim_to_know() -> None:
    bed, rollout = sent_but_not_recorded()
    bed.swarm.unavailable = True
    bed.click(ActionKind.ABORT, rollout)
    bed.work()
    end = bed.rollout(rollout)
    assert end.state.value == "aborted"
    assert "nobody knows whether the last step was sent" in end.left_behind
    bed.swarm.unavailable = False
    bed.settle(10)
    assert "has been sent" in bed.rollout(rollout).left_behind
    assert bed.writes() == 2, "the create, and what had been sent"


def test_a_rollback_right_after_a_kill_finds_what_was_sent() -> None:
    bed, rollout = sent_but_not_recorded()
    bed.type("rollback web", BOB)
    bed.until(rollout, "rolled_back")
    assert bed.image() == "reg/httpd:v1"


def killed_while_sending(leave: str, line: str) -> tuple[Bed, str, str]:
    """Leave a rollout right before its post; its worker is killed right after that.

    Return the bed, the rollout, and what was said of it.
    """
    bed = made()
    rollout = bed.type(line)
    job = bed.queue.take()

    def fault(at: str) -> None:
        if at == "apply.before_post":
            bed.fault = no_fault
            bed.type(leave, BOB)
            bed.work()
            bed.fault = kill_at("apply.after_post")

    bed.fault = fault
    with pytest.raises(KilledError):
        bed.use.plan.run(job.subject)
    bed.fault, bed.use = no_fault, bed.wired()
    return bed, rollout, bed.rollout(rollout).left_behind


def test_a_kill_after_the_post_that_an_abort_overtook_leaves_no_wrong_word() -> None:
    bed, rollout, told = killed_while_sending("abort web", "update --image reg/httpd:v2 web")
    assert "had not been sent" in told
    assert bed.image() == "reg/httpd:v2"
    bed.settle(30)
    end = bed.rollout(rollout)
    assert (end.state.value, end.watch_until) == ("aborted", None)
    assert "has been sent" in end.left_behind
    assert revisions(bed) == [(2, rollout, False)]
    assert end.left_behind in bed.parent(rollout).text
    assert len([shown for shown in bed.thread(rollout) if shown.broadcast]) == 1
    assert bed.store.open_ids("default", Rollout) == []


def test_a_service_that_was_created_in_that_instant_is_told_of_too() -> None:
    bed, rollout, told = killed_while_sending("abort api", "create --name api reg/httpd:v1")
    assert "had not been sent" in told
    bed.settle(30)
    end = bed.rollout(rollout)
    assert "has been sent" in end.left_behind
    assert end.service_id == bed.swarm.service("api").id


def test_what_was_never_sent_is_looked_for_a_minute_and_its_word_stays() -> None:
    bed = made()
    rollout = bed.type("update --image reg/httpd:v2 web")
    bed.fault = kill_at("apply.before_post")
    with pytest.raises(KilledError):
        bed.work()
    bed.fault, bed.use = no_fault, bed.wired()
    bed.queue.jobs.clear()
    writes = bed.writes()
    bed.type("abort web", BOB)
    bed.work()
    told = bed.rollout(rollout)
    assert "had not been sent" in told.left_behind
    assert rollout in bed.store.open_ids("default", Rollout)
    bed.settle(10)
    notes = len(bed.thread(rollout))
    bed.settle(60)
    assert bed.store.open_ids("default", Rollout) == []
    assert bed.rollout(rollout).left_behind == told.left_behind
    assert bed.writes() == writes
    assert len(bed.thread(rollout)) == notes
    bed.done("scale web=5")


def test_while_docker_is_silent_the_look_goes_on() -> None:
    bed, rollout, _ = killed_while_sending("abort web", "update --image reg/httpd:v2 web")
    bed.swarm.unavailable = True
    for _ in range(200):
        with suppress(EngineUnavailableError):
            bed.tick()
    assert "had not been sent" in bed.rollout(rollout).left_behind
    bed.swarm.unavailable = False
    bed.settle(10)
    assert "has been sent" in bed.rollout(rollout).left_behind
