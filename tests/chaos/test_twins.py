"""Two at the same thing: who slept while somebody else took over finds itself out of the game."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from playground.stage import Role
from playground.stage.cast import actors, with_role
from tests.scenario.recovery_faults import Traps
from tests.scenario.recovery_stage import REPLICAS, Bench, tell
from tests.scenario.team import ENDS, states_of
from tests.waiting import eventually

BOTH = ("worker", "second")


@pytest.fixture
def pair(bench: Bench, traps: Traps) -> Iterator[Traps]:
    """Two workers; what sleeps in the end is woken up."""
    stage = bench.stage
    stage.start_second_worker()
    eventually(lambda: len(stage.actors(Role.RQ_WORKER)) == 4, "four RQ workers")
    eventually(lambda: len(stage.actors(Role.STEWARD)) == 2, "two stewards")
    yield traps
    for name in BOTH:
        _all_of(bench, name, signal.SIGCONT)
    stage.end("second")


def _all_of(bench: Bench, name: str, number: int) -> None:
    """Send a signal to a worker's processes, but not to a Valkey that it happens to own."""
    root = bench.stage.running[name].pid
    spared = {actor.pid for actor in with_role(root, Role.VALKEY)}
    for actor in actors(root):
        if actor.pid not in spared:
            with suppress(ProcessLookupError):
                os.kill(actor.pid, number)


def test_an_orphan_twin_changes_nothing_any_more(bench: Bench, pair: Traps) -> None:
    """A whole worker sleeps, its horse right before the update; another does it; then it wakes."""
    pair.arm("apply.before_post", "SIGSTOP")
    story = bench.updates(at_once=True)
    horse, home = pair.sleeper(*BOTH)
    _all_of(bench, home, signal.SIGSTOP)
    tap = bench.stage.tap
    before = len(tap.changes)
    eventually(lambda: story.state() in ENDS, f"an end, it is {story.state()}")
    assert tap.done(story.service_id) == story.done_before + 1
    _all_of(bench, home, signal.SIGCONT)
    late = eventually(lambda: [c for c in tap.changes[before:] if c.pid == horse.pid], "the twin")
    eventually(lambda: late[0].status, "the Engine's answer to it")
    assert late[0].status == 500, "the Engine took what a twin had decided long ago"
    eventually(
        lambda: horse.pid not in {a.pid for a in bench.stage.actors(Role.WORK_HORSE)}, "its end"
    )
    tell("an orphan twin", end=story.told_once())
    (parent,) = story.parents()
    assert states_of(parent) == ["progressing", "completed"]
    assert f"All {REPLICAS} tasks have the new spec" in parent.text


def test_a_steward_that_slept_between_look_and_record_is_fenced_out(
    bench: Bench, pair: Traps
) -> None:
    """What it wants to write was true when it fell asleep; the other has told the end since."""
    story = bench.updates().begun()
    pair.arm("tick.before_commit", "SIGSTOP")
    steward, home = pair.sleeper(*BOTH)
    assert steward.pid in {actor.pid for actor in bench.stage.actors(Role.STEWARD)}
    eventually(lambda: story.state() in ENDS, f"an end, it is {story.state()}")
    refused = bench.stage.log(home).count("fenced_out")
    os.kill(steward.pid, signal.SIGCONT)
    eventually(lambda: bench.stage.log(home).count("fenced_out") > refused, "it to be fenced out")
    tell("a stale steward", end=story.told_once())
    (parent,) = story.parents()
    assert states_of(parent) == ["progressing", "completed"]
