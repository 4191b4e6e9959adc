"""kill -9 of each process in the middle of a rollout: nothing is lost, nothing is done twice."""

import threading
import time

import pytest

from playground.stage import Role
from tests.scenario.recovery_stage import Bench, processes_of, rests_once, tell
from tests.waiting import eventually


@pytest.mark.parametrize(
    "role", [Role.SUPERVISOR, Role.RQ_WORKER, Role.STEWARD, Role.VALKEY], ids=str
)
def test_a_process_killed_in_the_middle_is_no_loss(bench: Bench, role: Role) -> None:
    story = bench.updates().begun()
    back, moved = bench.back_after_kill(role, story)
    tell(f"kill -9 {role}", back=back, moved=moved, end=story.told_once())


def test_the_rollout_does_not_need_the_bot_and_the_bot_comes_back(bench: Bench) -> None:
    story = bench.updates().begun()
    _, moved = bench.back_after_kill(Role.BOT, story)
    started = time.monotonic()
    bench.stage.wait_ready()
    ready = time.monotonic() - started
    bench.team.asks(f"ps {bench.team.service}")
    tell("kill -9 bot", moved=moved, ready=ready, end=story.told_once())


@pytest.mark.parametrize(
    "role", [Role.WORK_HORSE, Role.RQ_WORKER, Role.SUPERVISOR, Role.VALKEY], ids=str
)
def test_killed_while_the_job_is_about_to_change_the_swarm(bench: Bench, role: Role) -> None:
    """The horse has sent its POST, and the Engine has not seen it."""
    bench.stage.tap.hold()
    story = bench.updates(at_once=True)
    held = bench.stage.tap.wait_held()
    assert held.pid in {actor.pid for actor in bench.stage.actors(Role.WORK_HORSE)}
    bench.stage.kill(role)
    bench.stage.start_missing()
    started = time.monotonic()
    if role is Role.VALKEY:
        eventually(lambda: bench.stage.actors(Role.VALKEY), "a new valkey")
    else:
        eventually(
            lambda: held.pid not in processes_of(bench.stage), "the horse dies with its worker"
        )
    bench.stage.tap.release()
    eventually(lambda: bench.stage.tap.done(story.service_id), "the change")
    changed = time.monotonic() - started
    tell(f"kill -9 {role} in a job", changed=changed, end=story.told_once())


@pytest.mark.parametrize("when", ["in a job", "in the middle"])
def test_everything_killed_at_once_and_started_again(bench: Bench, when: str) -> None:
    if when == "in a job":
        bench.stage.tap.hold()
        story = bench.updates(at_once=True)
        bench.stage.tap.wait_held()
    else:
        story = bench.updates().begun()
    moves = story.moves()
    bench.stage.kill_all()
    bench.stage.tap.release()
    started = time.monotonic()
    bench.stage.start_missing()
    eventually(lambda: story.moves() > moves, "the rollout to go on")
    moved = time.monotonic() - started
    tell(f"kill -9 of all {when}", moved=moved, end=story.told_once())


@pytest.mark.parametrize("delay", [0.0, 0.004, 0.012])
def test_a_bot_killed_while_it_accepts_does_all_or_nothing(bench: Bench, delay: float) -> None:
    """Whatever the moment: no change, or one change with one message."""
    team = bench.team
    service_id = team.inspected()["ID"]
    acks = []
    line = f"/swarm update --label-add try=1 {team.service}"
    typing = threading.Thread(
        target=lambda: acks.append(team.client.type("ann", team.channel, line))
    )
    typing.start()
    time.sleep(delay)  # the moment of the kill, not a wait for something
    bench.stage.kill(Role.BOT)
    typing.join()
    bench.stage.start_missing()
    bench.stage.wait_ready()
    accepted = bench.is_recorded()
    assert accepted or acks[0].status != "ok"
    if accepted:
        rests_once(team.posts, "completed")
    assert len(team.posts()) == bench.stage.tap.done(service_id) == int(accepted)
    assert (team.spec()["Labels"].get("try") == "1") is accepted
    tell(
        f"bot killed {delay * 1000:.0f} ms after the command: ack {acks[0].status}",
        accepted=accepted,
    )
