"""Stopped, starved of Redis, told twice: nothing leaks, nothing is done twice."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.lab import Lab
from playground.stage import Role
from tests.scenario.conftest import gathered
from tests.scenario.own_redis import OwnRedis
from tests.scenario.recovery_stage import (
    Bench,
    BrokenStage,
    opened,
    processes_of,
    rests_once,
    tell,
)
from tests.waiting import eventually


@pytest.mark.parametrize("when", ["in a job", "in the middle"])
def test_sigterm_in_a_rollout_ends_all_with_0_and_a_restart_goes_on(
    bench: Bench, when: str
) -> None:
    stage = bench.stage
    if when == "in a job":
        stage.tap.hold()
        story = bench.updates(at_once=True)
        stage.tap.wait_held()
        threading.Timer(2, stage.tap.release).start()
    else:
        story = bench.updates().begun()
    started = time.monotonic()
    codes = stage.end("bot", "worker")
    took = time.monotonic() - started
    assert codes == {"bot": 0, "worker": 0}
    assert not processes_of(stage), processes_of(stage)
    if when == "in a job":
        assert stage.tap.done(story.service_id) == 1, "the step was not finished"
    moves, restarted = story.moves(), time.monotonic()
    stage.start_missing()
    eventually(lambda: story.moves() > moves, "the rollout to go on")
    moved = time.monotonic() - restarted
    tell(f"SIGTERM {when}", ended=took, moved=moved, end=story.told_once())


def test_nothing_is_left_after_an_end(swarm: Lab, tmp_path: Path) -> None:
    stage = opened(swarm, extra={"TMPDIR": str(tmp_path)})
    people = gathered(stage, "leaves-nothing")
    people.creates()
    people.remove_all()
    assert processes_of(stage)
    codes = stage.stop()
    assert set(codes.values()) == {0}
    assert not processes_of(stage), processes_of(stage)
    assert not stage.dir.exists()
    assert not list(tmp_path.iterdir()), "something lies in the temporary directory"
    assert str(stage.dir) not in Path("/proc/net/unix").read_text(), "a socket is open"


def test_a_stage_killed_whole_leaves_no_process(swarm: Lab) -> None:
    stage = opened(swarm)
    stage.kill(Role.SUPERVISOR)
    stage.kill(Role.BOT)
    eventually(lambda: not processes_of(stage), "all to die with their parents")
    stage.stop()


def test_a_command_delivered_twice_and_again_is_one(bench: Bench) -> None:
    client = bench.team.client
    client.control("repeat", count=1)
    story = bench.updates(at_once=True)
    again = [client.control("redeliver")["body"] for _ in range(2)]
    assert all(story.id in repr(body) for body in again), again
    story.told_once()
    assert len(bench.team.posts()) == 1


def test_a_command_that_a_sleeping_bot_never_acked_is_done_once_or_not_at_all(
    bench: Bench,
) -> None:
    (bot,) = bench.stage.actors(Role.BOT)
    team = bench.team
    service_id = team.inspected()["ID"]
    line = f"/swarm update --update-parallelism 0 --image {team.image('v2')} {team.service}"
    os.kill(bot.pid, signal.SIGSTOP)
    try:
        ack = team.client.type("ann", team.channel, line)
    finally:
        os.kill(bot.pid, signal.SIGCONT)
    assert ack.status == "timeout"
    team.asks(f"ps {team.service}")  # it has answered what came later
    accepted = bench.is_recorded()
    if accepted:
        rests_once(team.posts, "completed")
    assert len(team.posts()) == bench.stage.tap.done(service_id) == int(accepted)
    assert "Traceback" not in bench.stage.log("bot")
    tell("bot asleep for 3 s", accepted=accepted)


def test_a_command_that_redis_took_too_late_to_tell_is_told_after_all(bench: Bench) -> None:
    (valkey,) = bench.stage.actors(Role.VALKEY)
    team = bench.team
    service_id = team.inspected()["ID"]
    threading.Timer(2.7, os.kill, (valkey.pid, signal.SIGCONT)).start()
    os.kill(valkey.pid, signal.SIGSTOP)
    ack = team.types(f"update --update-parallelism 0 --image {team.image('v2')} {team.service}")
    assert "does not answer" in str(ack.shown)
    assert ack.seconds < 3
    team.client.wait_for(lambda m: "recorded after all" in m.text, channel=team.channel)
    rests_once(team.posts, "completed")
    assert bench.stage.tap.done(service_id) == 1
    tell("Redis asleep for 2.7 s", acked=ack.seconds)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    with tempfile.TemporaryDirectory(prefix="own-") as short:
        server = OwnRedis(Path(short))
        server.start()
        yield server
        server.kill()


def test_redis_away_for_5_seconds(swarm: Lab, own_redis: OwnRedis) -> None:
    with BrokenStage(swarm, extra={"REDIS_URL": own_redis.url}) as stage:
        bench = Bench(stage, gathered(stage, "redis-away"))
        bench.serve()
        story = bench.updates().begun()
        own_redis.kill()
        away = time.monotonic()
        ack = bench.team.types("rollouts")
        assert "Redis" in str(ack.shown)
        acked = time.monotonic() - away
        assert stage.problems(), "ready without Redis"
        time.sleep(max(0.0, 5 - (time.monotonic() - away)))  # the outage
        moves, started = story.moves(), time.monotonic()
        own_redis.start()
        eventually(lambda: story.moves() > moves, "the rollout to go on")
        moved = time.monotonic() - started
        end = story.told_once()
        stage.wait_ready(20)
        ready = time.monotonic() - started
        tell("Redis away for 5 s", acked=acked, moved=moved, ready=ready, end=end)
        bench.team.remove_all()
