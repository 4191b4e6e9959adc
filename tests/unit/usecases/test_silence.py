"""Nothing can be seen or sent: nothing is concluded but that, and people hear of it in time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ActionKind, Change
from bot.domain.observation import ServiceView
from bot.ports import EngineUnavailableError
from tests.unit.usecases.bed import Bed, made

LINE = "update --image reg/httpd:v2 --deadline 2m web"


def _away(bed: Bed) -> None:
    def silent(*_: object, **__: object) -> None:
        raise EngineUnavailableError("no leader")

    for name in ("service", "services", "tasks", "nodes", "update_service"):
        setattr(bed.swarm, name, silent)


def _back(bed: Bed) -> None:
    for name in ("service", "services", "tasks", "nodes", "update_service"):
        bed.swarm.__dict__.pop(name, None)


def _wait(bed: Bed, minutes: float) -> None:
    end = bed.clock.now() + timedelta(minutes=minutes)
    while bed.clock.now() < end:
        with pytest.raises(EngineUnavailableError):
            bed.tick(10)


def test_an_engine_that_is_away_for_the_deadline_is_told_and_its_return_goes_on() -> None:
    bed = made()
    rollout = bed.type(LINE)
    bed.work()
    _away(bed)
    _wait(bed, 1.5)
    assert bed.rollout(rollout).state.value == "progressing"
    _wait(bed, 1)
    for _ in range(3):
        bed.speaker.flush("default", 50)
        bed.clock.advance(1)
    stalled = bed.rollout(rollout)
    assert stalled.state.value == "stalled"
    assert stalled.reason == (
        "no progress for 2m: Docker does not answer, so nobody knows how it stands"
    )
    assert bed.shown_state(rollout) == "stalled"
    (told,) = [m for m in bed.thread(rollout) if m.broadcast]
    assert "Docker does not answer" in told.content.text
    _back(bed)
    assert bed.until(rollout, "completed").going_back is False


def test_a_delay_that_was_asked_for_is_waited_for_in_silence_too() -> None:
    bed = made()
    rollout = bed.type("update --image reg/httpd:v2 --update-delay 5m --deadline 2m web")
    bed.work()
    _away(bed)
    _wait(bed, 6)
    assert bed.rollout(rollout).state.value == "progressing"
    _wait(bed, 1.5)
    assert bed.rollout(rollout).state.value == "stalled"


def test_a_step_that_cannot_be_sent_is_told_and_goes_out_once_it_can() -> None:
    bed = made()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug of ours, or a file that is gone")

    vars(bed.swarm)["update_service"] = broken
    rollout = bed.type(LINE)
    with pytest.raises(RuntimeError):
        bed.work()
    for _ in range(20):
        bed.clock.advance(10)
        epoch = bed.leases.acquire("default", "one", timedelta(seconds=4))
        bed.use.supervise.tick("default", epoch or 0)
        bed.queue.jobs.clear()
    assert bed.rollout(rollout).state.value == "stalled"
    assert "could not be sent" in bed.rollout(rollout).reason
    del vars(bed.swarm)["update_service"]
    assert bed.until(rollout, "completed").attempts == 1
    assert bed.image() == "reg/httpd:v2"


def test_one_odd_record_does_not_stop_those_behind_it() -> None:
    bed = made()
    bed.done("create --name other reg/httpd:v1")
    odd = bed.type("update --image reg/httpd:v2 web")
    good = bed.type("update --image reg/httpd:v2 other")
    bed.work()
    service, whole = bed.rollout(odd).service_id, bed.swarm.services

    def services(ids: Sequence[str] | None = None) -> list[ServiceView]:
        found = whole(ids)
        return [replace(v, spec={"TaskTemplate": 3}) if v.id == service else v for v in found]

    vars(bed.swarm)["services"] = services
    bed.until(good, "completed")
    assert {who for who, _ in bed.errors} == {odd}
    assert not any(
        isinstance(error, (EngineUnavailableError, ValueError)) for _, error in bed.errors
    )


def drained(*flags: str) -> tuple[Bed, str]:
    """Return a bed with a drain of n2 under way, and its id."""
    bed = made(3, *flags)
    change = bed.type("node update --availability drain --deadline 2m n2")
    bed.work()
    assert bed.change(change).state.value == "draining"
    return bed, change


def _told(bed: Bed, change: str) -> list[str]:
    for _ in range(3):
        bed.speaker.flush("default", 50)
        bed.clock.advance(1)
    return [m.content.text for m in bed.thread(change) if m.broadcast]


def test_a_drain_that_cannot_be_seen_for_its_deadline_calls_for_help_and_goes_on() -> None:
    bed, change = drained()
    _away(bed)
    _wait(bed, 1.5)
    assert bed.change(change).state.value == "draining"
    _wait(bed, 1)
    assert bed.change(change).state.value == "stalled"
    (told,) = _told(bed, change)
    assert "Docker does not answer, so nobody knows how it stands. When it was last seen" in told
    assert "It goes on by itself once Docker answers" in bed.parent(change).text
    _wait(bed, 5)
    assert len(_told(bed, change)) == 1, "people were called"
    _back(bed)
    bed.tick()
    assert bed.change(change).state.value == "draining"
    assert "Docker does not answer" not in bed.parent(change).text
    bed.settle(20)
    assert bed.change(change).state.value == "applied"


def test_a_drain_whose_tasks_alone_cannot_be_listed_calls_for_help_too() -> None:
    bed, change = drained()

    def silent(*_: object, **__: object) -> None:
        raise EngineUnavailableError("no leader")

    vars(bed.swarm)["tasks"] = silent
    _wait(bed, 2.5)
    assert bed.change(change).state.value == "stalled"
    assert len(_told(bed, change)) == 1


def test_one_look_that_fails_is_no_silence_and_a_standstill_is_told_by_its_own_words() -> None:
    bed, change = drained("--constraint", "node.hostname==n2")
    bed.settle(110)
    assert bed.change(change).state.value == "draining"
    _away(bed)
    for _ in range(2):  # past the deadline since it last got on
        with pytest.raises(EngineUnavailableError):
            bed.tick(10)
    assert bed.change(change).state.value == "draining"
    _back(bed)
    bed.tick()
    assert bed.change(change).state.value == "draining", "what was silence was no standstill"
    bed.settle(30)
    assert bed.change(change).state.value == "stalled"
    (told,) = _told(bed, change)
    assert "Docker does not answer" not in told
    assert "no suitable node" in told


def test_silences_are_not_added_up() -> None:
    bed, change = drained("--constraint", "node.hostname==n2")
    for _ in range(3):
        _away(bed)
        _wait(bed, 1.5)
        _back(bed)
        bed.settle(5)
    assert bed.change(change).state.value == "draining"
    assert _told(bed, change) == []


def test_a_silence_is_recorded_once() -> None:
    bed, change = drained()
    _away(bed)
    _wait(bed, 0.2)
    stored = bed.store.get(Change, change)
    _wait(bed, 0.5)
    again = bed.store.get(Change, change)
    assert stored is not None
    assert again is not None
    assert stored.rev == again.rev


def test_what_cannot_move_keeps_what_was_left_of_its_deadline_and_stalls_by_its_own_words() -> None:
    bed, change = drained("--constraint", "node.hostname==n2")
    bed.settle(10)
    _away(bed)
    _wait(bed, 3)
    assert bed.change(change).state.value == "stalled"
    _back(bed)
    bed.settle(90)
    assert bed.change(change).state.value == "draining"
    bed.settle(20)
    assert bed.change(change).state.value == "stalled"
    first, second = _told(bed, change)
    assert "Docker does not answer" in first
    assert "Docker does not answer" not in second
    assert "no suitable node" in second


def test_a_drain_that_has_called_for_help_does_not_call_because_of_silence() -> None:
    bed, change = drained("--constraint", "node.hostname==n2")
    bed.settle(140)
    assert bed.change(change).state.value == "stalled"
    _away(bed)
    _wait(bed, 5)
    assert len(_told(bed, change)) == 1
    assert "no suitable node" in bed.parent(change).text


def test_who_waits_on_for_a_silent_engine_is_called_again_after_another_deadline() -> None:
    bed, change = drained()
    _away(bed)
    _wait(bed, 3)
    bed.click(ActionKind.KEEP_WAITING, change)
    bed.work()
    assert bed.change(change).state.value == "draining"
    _wait(bed, 1.5)
    assert bed.change(change).state.value == "draining"
    _wait(bed, 1)
    assert bed.change(change).state.value == "stalled"
    assert len(_told(bed, change)) == 2
