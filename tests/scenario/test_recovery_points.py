"""kill -9 at every named point (workers/faults.py), one after the other in the same story."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from playground.stage import Role
from playground.workspace import Seen
from tests.scenario.recovery_stage import COMING_UP, Bench, soon, tell
from tests.scenario.team import ENDS, event_type, payload

JOB = (
    "plan.before_commit",
    "plan.after_commit",
    "announce.before_post",
    "announce.after_post",
    "announce.after_commit",
    "apply.before_post",
    "apply.after_post",
    "apply.before_commit",
    "apply.after_commit",
)
A_MOUTH_MAY_BE_FASTER = {"announce.before_post", "announce.after_post", "change.after_post"}
"""A steward's mouth may post the parent before the restarted job does."""

TICK = ("tick.before_commit", "tick.after_commit")


@contextmanager
def killed_at(bench: Bench, *points: str) -> Iterator[None]:
    """Run a worker that is killed at each of these points, once; check that it was."""
    stage = bench.stage
    visits = stage.dir / f"visits-{bench.team.service}"
    plain = dict(stage.extra)
    stage.extra |= {"WAGGLE_FAULT_AT": ",".join(points), "WAGGLE_FAULT_FILE": str(visits)}
    restart_worker(bench)
    try:
        yield
        visited = Counter(visits.read_text().split())
        for point in set(points) - A_MOUTH_MAY_BE_FASTER:
            name, _, number = point.partition(":")
            assert visited[name] >= int(number or 1), f"the kill at {point} never happened"
    finally:
        stage.extra = plain
        restart_worker(bench)


def restart_worker(bench: Bench) -> None:
    bench.stage.end("worker")  # politely: its steward gives up the lease
    bench.stage.start_missing()
    soon(lambda: len(bench.stage.actors(Role.RQ_WORKER)) == 2, "two RQ workers", COMING_UP)


def test_a_rollout_killed_at_every_step_of_its_job(bench: Bench) -> None:
    with killed_at(bench, *JOB):
        story = bench.updates(at_once=True)
        tell(f"horse killed {len(JOB)} times", end=story.told_once(seconds=60))


def test_a_rollout_whose_steward_is_killed_before_and_after_it_writes(bench: Bench) -> None:
    with killed_at(bench, *TICK):
        story = bench.updates(at_once=True)
        tell("steward killed twice", end=story.told_once(seconds=60))


def test_a_refusal_is_told_though_the_horse_is_killed(bench: Bench) -> None:
    with killed_at(bench, "plan.after_end"):
        answer = bench.team.asks(f"update --image {bench.team.image('v99')} {bench.team.service}")
    assert "v99" in answer.text
    assert bench.team.posts() == []


def test_an_abort_killed_before_and_after_it_is_recorded(bench: Bench) -> None:
    with killed_at(bench, "act.before_commit", "act.after_commit"):
        story = bench.updates().begun()
        bench.team.types(f"abort {bench.team.service}")
        soon(lambda: story.state() in ENDS, "an end")
    assert story.state() == "aborted"
    assert [payload(m).get("note") for m in story.messages()].count("ended") == 1
    assert bench.stage.tap.done(story.service_id) == 1


def test_a_rollback_in_the_middle_killed_at_every_step(bench: Bench) -> None:
    points = ("act.before_commit", "act.after_commit", "apply.before_post:2", "apply.after_post:2")
    with killed_at(bench, *points):
        story = bench.updates().begun()
        bench.team.types(f"rollback {bench.team.service}")
        soon(lambda: story.state() in ENDS, "an end", 30)
    assert story.state() == "rolled_back"
    assert [payload(m).get("note") for m in story.messages()].count("ended") == 1
    # there, and back
    assert bench.team.spec()["Labels"]["waggle.attempt"] == "2"
    assert bench.stage.tap.done(story.service_id) == 2
    assert bench.team.tag() == "v1"


def test_a_node_change_killed_at_every_step_is_told_once(bench: Bench) -> None:
    points = ("change.after_plan", "change.before_call", "change.after_call", "change.after_post")
    label = bench.team.service
    with killed_at(bench, *points):
        bench.team.types(f"node update --label-add {label}=1 n2")
        soon(lambda: [m.state for m in changes(bench)] == ["applied"], "the change", 30)
    assert bench.team.docker("node", "inspect", "-f", f'{{{{index .Spec.Labels "{label}"}}}}', "n2")
    assert len(changes(bench)) == 1
    bench.team.does(f"node update --label-rm {label} n2", end="applied")


def test_a_removal_killed_after_the_click_happens(bench: Bench) -> None:
    team = bench.team
    with killed_at(bench, "click.after_commit", "change.after_call"):
        team.clicks(team.begins(f"rm {team.service}"), "Remove")
        soon(lambda: not team.exists(), "the removal", 30)
        soon(lambda: [m.state for m in changes(bench)] == ["applied"], "its message", 30)


def changes(bench: Bench) -> list[Seen]:
    found = bench.team.client.messages(bench.team.channel)
    return [m for m in found if event_type(m) == "waggle_change"]
