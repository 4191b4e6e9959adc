"""A machine of the swarm is lost in the middle of a rollout."""

import time
from collections.abc import Iterator

import pytest

from playground.lab import Lab
from playground.stage.stage import Stage
from tests.scenario.conftest import gathered
from tests.scenario.engine_tap import EngineTap
from tests.scenario.recovery_stage import Bench, BrokenStage, Story, tell
from tests.scenario.team import ENDS, payload, states_of
from tests.waiting import eventually

pytestmark = [pytest.mark.swarm, pytest.mark.timeout(600)]
_WORKER_NODE = 3
_OVER = 90.0  # seconds until Swarm has counted a node as lost and put its tasks elsewhere


class FollowersStage(BrokenStage):
    """A stage whose worker speaks to the second manager."""

    def __post_init__(self) -> None:
        Stage.__post_init__(self)
        self.tap = EngineTap(self.dir, self.lab.docker_host(2))
        self.extra = {"DOCKER_HOST": self.tap.host, **self.extra}


@pytest.fixture
def followers() -> Iterator[Bench]:
    """A swarm of three managers of its own: a node that was lost may be long in coming back."""
    lab = Lab.auto()
    try:
        lab.up(nodes=3, managers=3)
        with FollowersStage(lab) as stage:
            bench = Bench(stage, gathered(stage, "managers"))
            bench.serve()
            yield bench
    finally:
        lab.down()


def test_a_worker_node_lost_in_the_middle(bench: Bench) -> None:
    """Its tasks come up elsewhere, and it is said that all have the new spec when they have."""
    lab = bench.stage.lab
    # it is not over before Swarm has noticed, three seconds after the loss or some more
    story = bench.updates(flags="--update-delay 15s").begun()
    # Swarm spreads them, so one is not on n1, as soon as it has been replaced
    lost, *_ = eventually(lambda: sorted(_nodes_of(bench, story) - {"n1"}), "a task elsewhere")
    assert story.state() == "progressing"
    lab.kill(int(lost.removeprefix("n")))
    try:
        end = story.told_once(seconds=_OVER)
        assert lost not in _nodes_of(bench, story), "told as done with a task that is lost"
        assert not _calls_for_help(story)
        eventually(lambda: _one_is_away(bench), "it to be said of the cluster", _OVER)
    finally:
        lab.start(int(lost.removeprefix("n")))
    tell("worker node lost", end=end)


def test_the_only_fitting_node_lost_in_the_middle_is_said_and_waited_for(bench: Bench) -> None:
    team, lab = bench.team, bench.stage.lab
    name = f"n{_WORKER_NODE}"
    pin = f"--constraint-add node.hostname=={name} --update-delay 2s"
    message = team.begins(f"update {pin} --image {team.image('v2')} {team.service}")
    team.shows(message, lambda m: "1/2 updated" in m.text)
    lab.kill(_WORKER_NODE)
    try:
        waits = team.shows(
            message,
            lambda m: f"node {name} is down" in m.text or "no suitable node" in m.text,
            lambda m: m.state != "progressing",
            timeout=_OVER,
        )
        assert "completed" not in states_of(waits)
    finally:
        lab.start(_WORKER_NODE)
    rests = team.shows(message, lambda m: m.state in ENDS | {"paused"}, timeout=_OVER)
    if rests.state == "paused":  # at its boot it reported its tasks as failed
        assert name in team.note(message, "paused").text
        team.clicks(message, "Resume")
    ended = team.shows(message, lambda m: m.state in ENDS, timeout=_OVER)
    assert "All 2 tasks have the new spec" in ended.text
    assert states_of(ended) in (
        ["progressing", "completed"],
        ["progressing", "paused", "progressing", "completed"],
    )


def test_the_leader_of_three_managers_lost_in_the_middle(followers: Bench) -> None:
    story = followers.updates().begun()
    lost = time.monotonic()
    followers.stage.lab.kill(1)
    eventually(lambda: story.state() in ENDS, f"its end, it is {story.state()}", _OVER)
    ended = time.monotonic() - lost
    (parent,) = story.parents()
    assert parent.state == "completed"
    assert "All 2 tasks have the new spec" in parent.text
    eventually(lambda: _one_is_away(followers), "it to be said of the cluster", _OVER)
    assert "leader n1" not in followers.team.told("clusters")
    followers.stage.lab.start(1)
    story.told_once()
    assert states_of(story.parents()[0]) == ["progressing", "completed"]
    assert not _calls_for_help(story)
    tell("leader of three lost", ended=ended)


def test_without_a_quorum_nothing_is_claimed_and_then_it_goes_on(followers: Bench) -> None:
    story = followers.updates().begun()
    for node in (1, 3):
        followers.stage.lab.kill(node)
    line = f"ps {followers.team.service}"
    # who led may believe so for some seconds more
    eventually(
        lambda: "no leader" in followers.team.asks(line, timeout=60).text, "it to be said", _OVER
    )
    assert story.state() == "progressing"
    assert followers.stage.tap.done(story.service_id) == story.done_before + 1
    for node in (1, 3):
        followers.stage.lab.start(node)
    story.told_once(seconds=_OVER)
    assert states_of(story.parents()[0]) == ["progressing", "completed"]


def _one_is_away(bench: Bench) -> bool:
    told = bench.team.told("clusters")
    return told.startswith(":warning:") and "2 of 3 nodes ready" in told


def _calls_for_help(story: Story) -> list[str]:
    """Return what the thread says besides how it goes and how it ended."""
    shown = [message for message in story.messages() if message.thread_ts]
    usual = {"started", "progress", "ended"}
    return [m.text for m in shown if payload(m).get("note") not in usual]


def _nodes_of(bench: Bench, story: Story) -> set[str]:
    words = ("--filter", "desired-state=running", "--format", "{{.Node}} {{.CurrentState}}")
    rows = bench.team.docker("service", "ps", story.service, *words).splitlines()
    return {row.split()[0] for row in rows if row.split()[1] == "Running"}
