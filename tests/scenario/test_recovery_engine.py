"""The way to the Engine breaks: one attempt, one update, whatever the worker gets to hear."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from playground.stage import Role
from tests.scenario.recovery_stage import Bench, BrokenStage, of_worker, tell
from tests.scenario.team import event_type
from tests.waiting import eventually


def test_the_lost_reply_of_an_update_makes_no_second_update(bench: Bench) -> None:
    bench.stage.tap.lose_reply()
    story = bench.updates(at_once=True)
    tell("lost reply of the update", end=story.told_once())


def test_the_lost_reply_of_a_creation_makes_no_second_service(bench: Bench) -> None:
    team, tap = bench.team, bench.stage.tap
    before = len(tap.changes)
    tap.lose_reply()
    name = f"{team.service}-new"
    made = team.begins(f"create --name {name} --update-monitor 1s {team.image('v1')}")
    team.rests(made)
    statuses = [c.status for c in tap.changes[before:] if c.path == "/services/create"]
    assert statuses == [201]
    assert len(team.posts()) == 1


def test_the_engine_away_for_5_seconds(bench: Bench) -> None:
    story = bench.updates().begun()
    bench.stage.tap.leave()
    time.sleep(5)  # the outage
    moves, started = story.moves(), time.monotonic()
    bench.stage.tap.come_back()
    eventually(lambda: story.moves() > moves, "the rollout to go on")
    moved = time.monotonic() - started
    tell("Engine away for 5 s", moved=moved, end=story.told_once())


def test_the_engine_away_when_the_command_comes(bench: Bench) -> None:
    bench.mark()
    bench.stage.tap.leave()
    team = bench.team
    ack = team.types(f"update --update-parallelism 0 --image {team.image('v2')} {team.service}")
    story = bench.story(str(ack.shown))
    time.sleep(3)  # the outage
    assert not story.messages()
    started = time.monotonic()
    bench.stage.tap.come_back()
    eventually(lambda: bench.stage.tap.done(story.service_id), "the change")
    changed = time.monotonic() - started
    tell("Engine away at the command", changed=changed, end=story.told_once())


def test_the_only_manager_loses_its_power_in_the_middle(bench: Bench) -> None:
    story = bench.updates().begun()
    bench.stage.lab.kill(1)
    bench.stage.lab.start(1)
    moves, started = story.moves(), time.monotonic()
    eventually(lambda: story.moves() > moves, "the rollout to go on")
    tell("manager rebooted", moved=time.monotonic() - started, end=story.told_once(seconds=90))


@pytest.fixture
def second(bench: Bench) -> Iterator[BrokenStage]:
    """A second worker, up as the first one is; what sleeps in the end is woken up."""
    stage = bench.stage
    stage.start_second_worker()
    eventually(lambda: len(stage.actors(Role.RQ_WORKER)) == 4, "four RQ workers")
    eventually(lambda: len(stage.actors(Role.STEWARD)) == 2, "two stewards")
    yield stage
    for steward in stage.actors(Role.STEWARD):
        os.kill(steward.pid, signal.SIGCONT)
    stage.end("second")


def test_a_stale_steward_is_fenced_off(bench: Bench, second: BrokenStage) -> None:
    """It sleeps for 10 s in the middle of a look, and wakes up with what it saw before."""
    stage, led = second, _led(second, "second")
    story = bench.updates().begun()
    assert _led(stage, "second") == led, "the second does not only wait"
    stale = of_worker(stage, "worker", Role.STEWARD).pid
    stage.tap.freeze(stale)
    os.kill(stale, signal.SIGSTOP)
    slept = time.monotonic()
    moves = story.moves()
    eventually(lambda: _led(stage, "second") > led, "the second to lead")
    eventually(lambda: story.moves() > moves, "the rollout to go on")
    taken_over = time.monotonic() - slept
    time.sleep(max(0.0, 10 - (time.monotonic() - slept)))
    lost = _lost_the_lease(stage)
    os.kill(stale, signal.SIGCONT)
    stage.tap.thaw()
    end = story.told_once()
    eventually(lambda: _lost_the_lease(stage) > lost, "the stale one to notice")
    tell("stale steward", taken_over=taken_over, end=end)
    parents = [m for m in bench.team.posts() if event_type(m) == "waggle_rollout"]
    assert len(parents) == 1


def _led(stage: BrokenStage, name: str) -> int:
    """Return how often a worker's steward has begun to lead; the logs are of the whole session."""
    return stage.log(name).count('"leading"')


def _lost_the_lease(stage: BrokenStage) -> int:
    log = stage.log("worker")
    return log.count("fenced_out") + log.count("standing_by")
