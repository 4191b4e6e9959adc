"""kill -9 at every named point (workers/faults.py), one after the other in the same story."""

from playground.workspace import Seen
from tests.scenario.recovery_faults import killed_at
from tests.scenario.recovery_stage import Bench, Story, rests_once, tell
from tests.scenario.team import ENDS, event_type, payload
from tests.waiting import eventually

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
TICK = ("tick.before_commit", "tick.after_commit")
SPEAK = ("speak.before_call:2", "speak.after_call:3")


def last_words(story: Story) -> int:
    """Return how often the thread tells the end: it comes a moment after the message shows it."""

    def told() -> int:
        return [payload(m).get("note") for m in story.messages()].count("ended")

    return eventually(told, "a last word in the thread")


def test_a_rollout_killed_at_every_step_of_its_job(bench: Bench) -> None:
    with killed_at(bench, *JOB):
        story = bench.updates(at_once=True)
        tell(f"horse killed {len(JOB)} times", end=story.told_once(seconds=60))


def test_a_rollout_whose_steward_is_killed_before_and_after_it_writes(bench: Bench) -> None:
    with killed_at(bench, *TICK):
        story = bench.updates(at_once=True)
        tell("steward killed twice", end=story.told_once(seconds=60))


def test_what_is_told_while_the_teller_is_killed_before_and_after_a_call(bench: Bench) -> None:
    with killed_at(bench, *SPEAK):
        story = bench.updates(at_once=True)
        tell("killed around two of Slack's calls", end=story.told_once(seconds=60))


def test_a_refusal_is_told_though_the_horse_is_killed(bench: Bench) -> None:
    with killed_at(bench, "plan.after_end"):
        answer = bench.team.asks(f"update --image {bench.team.image('v99')} {bench.team.service}")
    assert "v99" in answer.text
    assert bench.team.posts() == []


def test_an_abort_killed_before_and_after_it_is_recorded(bench: Bench) -> None:
    with killed_at(bench, "act.before_commit", "act.after_commit"):
        story = bench.updates().begun()
        bench.team.types(f"abort {bench.team.service}")
        eventually(lambda: story.state() in ENDS, "an end")
    assert story.state() == "aborted"
    assert last_words(story) == 1
    assert bench.stage.tap.done(story.service_id) == 1


def test_a_rollback_in_the_middle_killed_at_every_step(bench: Bench) -> None:
    points = ("act.before_commit", "act.after_commit", "apply.before_post:2", "apply.after_post:2")
    with killed_at(bench, *points):
        story = bench.updates().begun()
        bench.team.types(f"rollback {bench.team.service}")
        eventually(lambda: story.state() in ENDS, "an end")
    assert story.state() == "rolled_back"
    assert last_words(story) == 1
    # there, and back
    assert bench.team.spec()["Labels"]["waggle.attempt"] == "2"
    assert bench.stage.tap.done(story.service_id) == 2
    assert bench.team.tag() == "v1"


def test_a_node_change_killed_at_every_step_is_told_once(bench: Bench) -> None:
    points = (
        "change.after_plan",
        "change.before_call",
        "change.after_call",
        "change.after_made",
        "change.after_post",
    )
    label = bench.team.service
    with killed_at(bench, *points):
        bench.team.types(f"node update --label-add {label}=1 n2")
        rests_once(lambda: changes(bench), "applied")
    assert bench.team.docker("node", "inspect", "-f", f'{{{{index .Spec.Labels "{label}"}}}}', "n2")
    assert len(changes(bench)) == 1
    bench.team.does(f"node update --label-rm {label} n2", end="applied")


def test_a_removal_killed_after_the_click_happens(bench: Bench) -> None:
    team = bench.team
    with killed_at(bench, "click.after_commit", "change.after_call"):
        team.clicks(team.begins(f"rm {team.service}"), "Remove")
        eventually(lambda: not team.exists(), "the removal")
        rests_once(lambda: changes(bench), "applied")


def test_a_drain_whose_steward_is_killed_before_and_after_it_writes(bench: Bench) -> None:
    team = bench.team
    with killed_at(bench, "drain.before_commit", "drain.after_commit"):
        team.types("node update --availability drain --then active n2")
        eventually(lambda: [m.state for m in changes(bench)] == ["applied"], "the drain")
    (change,) = changes(bench)
    assert "It is active again." in change.text
    assert team.docker("node", "inspect", "-f", "{{.Spec.Availability}}", "n2").strip() == "active"
    team.note(change, "ended")
    notes = [str(payload(m).get("note")) for m in team.thread(change)]
    assert len(notes) == len(set(notes)), f"said twice: {notes}"


def changes(bench: Bench) -> list[Seen]:
    found = bench.team.client.messages(bench.team.channel)
    return [m for m in found if event_type(m) == "waggle_change"]
