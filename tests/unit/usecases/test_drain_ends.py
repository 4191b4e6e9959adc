"""How a drain's end is told where the node is not what it was: overtaken, gone, down, never set."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from bot.domain.change import Change
from bot.domain.drain import Drain
from bot.domain.policy import NOBODY
from bot.ports import EngineUnavailableError
from tests.unit.usecases.bed import Bed
from tests.unit.usecases.faults import once
from tests.unit.usecases.test_drains import DRAIN, note, on_node, peopled, until

UNDO = "node update --availability active n2"


def drain_of(change: Change) -> Drain:
    assert change.drain is not None
    return change.drain


def stuck(*then: str) -> tuple[Bed, str]:
    """Return a bed with a drain of n2 that has been looked at and waits; and its id."""
    bed = peopled("--constraint node.hostname==n2", replicas=1)
    change = bed.type(" ".join((DRAIN, *then)))
    bed.work()
    bed.settle(2)
    assert bed.change(change).state.value == "draining"
    return bed, change


# -- which line undoes it


@pytest.mark.parametrize("word", ["active", "pause"])
def test_a_node_that_is_not_drained_any_more_has_nothing_to_undo(word: str) -> None:
    bed, change = stuck()
    node = bed.swarm.node("n2")
    bed.swarm.update_node(node.id, node.version, {**node.spec, "Availability": word})
    over = until(bed, change, "aborted")
    bed.settle(3)
    assert f"n2 was set to {word} meanwhile" in over.reason
    assert UNDO not in bed.parent(change).text
    assert UNDO not in note(bed, change, "ended")[0]


def test_a_node_that_has_left_the_swarm_takes_no_tasks_by_any_line() -> None:
    bed = peopled()
    change = bed.type(DRAIN)
    bed.work()
    bed.swarm.remove_node(bed.swarm.node("n2").id, force=True)
    until(bed, change, "applied")
    bed.settle(3)
    (ended,) = note(bed, change, "ended")
    for told in (ended, bed.parent(change).text):
        assert "It has left the swarm." in told
        assert "takes tasks again" not in told
        assert UNDO not in told


def test_a_node_that_left_before_it_was_given_back_is_not_said_to_stay_drained() -> None:
    bed = peopled()
    change = bed.type(f"{DRAIN} --then active")
    bed.work()
    bed.swarm.remove_node(bed.swarm.node("n2").id, force=True)
    failed = until(bed, change, "failed")
    bed.settle(3)
    assert failed.reason == "n2 has left the swarm"
    told = bed.parent(change).text
    assert "It was to be active, and is left as it is." in told
    assert "stays drained" not in told
    assert UNDO not in told


def test_what_was_never_set_has_nothing_to_undo() -> None:
    bed = peopled()
    change = bed.type(f"{DRAIN} --detach")

    def forbids() -> None:
        bed.policies.policy = NOBODY

    bed.fault = once("change.after_plan", forbids)
    bed.work()
    assert bed.change(change).state.value == "failed"
    assert bed.swarm.node("n2").availability == "active"
    assert UNDO not in bed.parent(change).text


def test_who_stops_following_is_told_how_to_undo_it() -> None:
    bed, change = stuck()
    bed.type("abort n2")
    bed.work()
    bed.settle(3)
    assert UNDO in bed.parent(change).text
    assert UNDO in note(bed, change, "ended")[0]


# -- a node that is down


def test_of_a_node_that_went_down_it_is_said_that_its_containers_may_still_run() -> None:
    bed = peopled()
    change = bed.type(DRAIN)
    bed.work()
    bed.swarm.node_down("n2")
    bed.settle(1)
    assert "the node is down, its containers may still run" in note(bed, change, "progress")[0]
    until(bed, change, "applied")
    bed.settle(3)
    for told in (bed.parent(change).text, note(bed, change, "ended")[0]):
        assert "It is down: its containers may still run." in told
        assert "Empty" not in told
        assert "the node is empty" not in told


# -- since when


def test_it_begins_before_docker_hears_of_it() -> None:
    bed = peopled()
    before = bed.clock.now()
    bed.fault = once("change.after_call", lambda: bed.clock.advance(2))
    change = bed.type(DRAIN)
    bed.work()
    assert drain_of(bed.change(change)).began_at == before
    assert drain_of(bed.change(change)).progress_at == before + timedelta(seconds=2)


# -- others, and silence


def test_an_odd_drain_does_not_keep_the_others_waiting() -> None:
    bed = peopled()
    odd = bed.type(DRAIN)
    bed.work()
    good = bed.type("node update --availability drain n3")
    bed.work()
    stored = bed.store.get(Change, odd)
    assert stored is not None
    render = bed.voice.change

    def fails(change: Change) -> object:
        if change.id == odd:
            raise ValueError("odd")
        return render(change)

    vars(bed.voice)["change"] = fails
    until(bed, good, "applied")
    assert bed.change(odd).state.value == "draining"
    assert {who for who, _ in bed.errors} == {odd}


POST = ("node", "update_node")
ALL = (*POST, "service", "services", "tasks", "nodes")


@pytest.mark.parametrize("away", [POST, ALL], ids=["the post alone", "all"])
def test_a_return_that_cannot_be_sent_for_the_deadline_calls_for_help_and_goes_on(
    away: tuple[str, ...],
) -> None:
    bed = peopled()
    change = bed.type(f"{DRAIN} --then active --deadline 2m")
    bed.work()

    def silent(*_: object, **__: object) -> None:
        raise EngineUnavailableError("no leader")

    for name in POST:
        setattr(bed.swarm, name, silent)
    until(bed, change, "returning")
    for name in away:
        setattr(bed.swarm, name, silent)
    for minutes, calls in ((1.5, 0), (1, 1), (5, 1)):
        _wait(bed, minutes)
        assert bed.change(change).state.value == "returning"
        assert len(note(bed, change, "stalled")) == calls
    (told,) = note(bed, change, "stalled")
    assert "`n2` was to be active again, and that could not be sent to Docker for 2m" in told
    assert "/swarm abort" not in told
    assert "could not be sent to Docker" in bed.parent(change).text
    for name in away:
        bed.swarm.__dict__.pop(name)
    until(bed, change, "applied")
    bed.settle(3)
    assert (bed.swarm.node("n2").availability, on_node(bed)) == ("active", 0)
    assert "It is active again." in bed.parent(change).text
    assert "could not be sent" not in bed.parent(change).text


def _wait(bed: Bed, minutes: float) -> None:
    end = bed.clock.now() + timedelta(minutes=minutes)
    while bed.clock.now() < end:
        with suppress(EngineUnavailableError):
            bed.tick(10)
    for _ in range(3):
        bed.speaker.flush("default", 50)
        bed.clock.advance(1)
