"""Aborted or taken over while its change is on its way: what is told is what was done."""

import pytest

from bot.domain.change import ActionKind
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
    assert bed.writes() == 2, "the create, and what had been sent"


def test_a_rollback_right_after_a_kill_finds_what_was_sent() -> None:
    bed, rollout = sent_but_not_recorded()
    bed.type("rollback web", BOB)
    bed.until(rollout, "rolled_back")
    assert bed.image() == "reg/httpd:v1"
