"""A node is emptied on a real swarm: no replica is lost, it is told to its end, past kill -9."""

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.lab import Lab
from playground.stage import Role
from playground.workspace import Seen
from tests.scenario.conftest import gathered
from tests.scenario.recovery_stage import BrokenStage, opened
from tests.scenario.team import Team, payload, states_of
from tests.waiting import eventually

WANTED = 6
SLOW = ("--stop-grace-period", "3s")  # the lab's web server does not heed SIGTERM: a slow move


@pytest.fixture(scope="module")
def breakable(swarm: Lab) -> Iterator[BrokenStage]:
    stage = opened(swarm, rate_limits=False)
    yield stage
    stage.stop()


@pytest.fixture
def team(breakable: BrokenStage, request: pytest.FixtureRequest) -> Iterator[Team]:
    breakable.start_missing()
    breakable.wait_ready()
    people = gathered(breakable, request.node.name)
    yield people
    people.remove_all()
    people.docker("node", "update", "--availability", "active", "n2")


class Watch:
    """Counts what runs of a service, by the docker CLI, until it is ended."""

    def __init__(self, team: Team) -> None:
        self.team, self.counts, self._over = team, [running(team)], threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(0.1):
            self.counts.append(running(self.team))

    def fewest(self) -> int:
        self._over.set()
        self._thread.join()
        return min(self.counts)


def running(team: Team) -> int:
    """Return how many tasks run, those that are told to stop and still run included."""
    rows = team.docker("service", "ps", team.service, "--format", "{{.CurrentState}}")
    return sum(row.startswith("Running") for row in rows.splitlines())


def nodes_of(team: Team) -> list[str]:
    words = ("--filter", "desired-state=running", "--format", "{{.Node}} {{.CurrentState}}")
    rows = (row.split() for row in team.docker("service", "ps", team.service, *words).splitlines())
    return sorted(row[0] for row in rows if row[1] == "Running")


class Availabilities:
    """What n2 is set to, by the Engine's own events from now on.

    Listened to, as the Engine remembers its last 256 events only, and health checks are events.
    """

    def __init__(self, team: Team, path: Path) -> None:
        self._path = path
        show = ("--filter", "type=node", "--format", "{{json .Actor.Attributes}}")
        told = {"PATH": os.environ["PATH"], "DOCKER_HOST": team.stage.lab.docker_host()}
        with path.open("wb") as log:
            self._process = subprocess.Popen(["docker", "events", *show], env=told, stdout=log)
        time.sleep(1)  # it has no sign of its own that it listens

    def seen(self) -> list[str]:
        """Return them, oldest first."""
        found = [json.loads(row) for row in self._path.read_text().splitlines()]
        return [e["availability.new"] for e in found if "availability.new" in e]

    def end(self) -> None:
        """Listen no more."""
        self._process.kill()
        self._process.wait()


@pytest.fixture
def set_to(team: Team, tmp_path: Path) -> Iterator[Availabilities]:
    heard = Availabilities(team, tmp_path / "events")
    yield heard
    heard.end()


def spread(team: Team) -> int:
    """Make the service on all nodes; return how many of its tasks are on n2."""
    team.makes("--replicas", str(WANTED), *SLOW, tag="health")
    eventually(lambda: len(nodes_of(team)) == WANTED, "all run")
    return nodes_of(team).count("n2")


def notes(team: Team, change: Seen) -> list[str]:
    return sorted(str(payload(m).get("note")) for m in team.thread(change))


def test_a_drain_loses_no_replica_and_says_how_few_ran(team: Team) -> None:
    here = spread(team)
    assert here > 0
    told = team.asks("node update --availability drain --dry-run n2").text
    assert re.search(rf"{team.service} +replicated +{here} +move; 6 of 6 run now", told)
    watch = Watch(team)
    change = team.begins("docker node update --availability drain n2")
    first = change.revisions[0]["text"] if change.revisions else change.text
    assert "Swarm stops a task before it starts the one that replaces it" in first
    done = team.rests(change, "applied", 60)
    # Swarm's own drain is stop-first: all tasks of the node at once, and no others
    assert watch.fewest() >= WANTED - here
    assert len(nodes_of(team)) == WANTED
    assert "n2" not in nodes_of(team)
    worst = re.search(rf"`{team.service}`: 6 run; at worst (\d) of 6 were seen running", done.text)
    assert worst is not None, done.text
    assert WANTED - here <= int(worst[1]) < WANTED
    assert done.buttons == []
    assert "node update --availability active n2" in done.text
    ended = team.note(change, "ended")
    assert ended.broadcast
    assert notes(team, change) == ["ended", "progress"]
    assert states_of(done) == ["applying", "draining", "applied"]
    assert f"{team.service}  replicated" not in done.text
    assert team.docker("node", "inspect", "-f", "{{.Spec.Availability}}", "n2") == "drain"


def test_with_more_elsewhere_first_never_fewer_run_than_were_wanted(team: Team) -> None:
    """The way that docs/how-to/drain-a-node.md tells: pause, scale up, drain, scale down."""
    here = spread(team)
    assert here > 0
    watch = Watch(team)
    try:
        team.does("node update --availability pause n2", "applied")
        team.does(f"scale {team.service}={WANTED + here}", timeout=60)
        assert nodes_of(team).count("n2") == here, "the paused node has taken more"
        done = team.rests(team.begins("node update --availability drain n2"), "applied", 60)
        assert f"`{team.service}`: {WANTED + here} run; at worst " in done.text
        assert "n2" not in nodes_of(team)
        team.does(f"scale {team.service}={WANTED}", timeout=60)
    finally:
        fewest = watch.fewest()
    assert fewest >= WANTED
    assert len(watch.counts) > WANTED, "it was looked all the time"
    eventually(lambda: len(nodes_of(team)) == WANTED, "as many run as before")


@pytest.mark.parametrize("role", [Role.STEWARD, Role.SUPERVISOR, Role.VALKEY], ids=str)
def test_killed_in_the_middle_it_goes_on_and_says_nothing_twice(
    team: Team, role: Role, set_to: Availabilities
) -> None:
    stage = team.stage
    assert isinstance(stage, BrokenStage)
    spread(team)
    change = team.begins("node update --availability drain --then active n2")
    team.shows(change, lambda m: m.state == "draining")
    assert stage.kill(role)
    stage.start_missing()
    done = team.rests(change, "applied", 90)
    assert "It is active again." in done.text
    assert team.docker("node", "inspect", "-f", "{{.Spec.Availability}}", "n2") == "active"
    assert len(nodes_of(team)) == WANTED
    team.note(change, "ended")
    assert notes(team, change) == ["ended", "progress"]
    assert len(team.posts("waggle_change")) == 1
    eventually(lambda: len(set_to.seen()) > 1, "the events")
    assert set_to.seen() == ["drain", "active"]


def test_what_cannot_move_is_named_with_swarms_own_words_and_can_be_left(team: Team) -> None:
    team.makes("--constraint", "node.hostname==n2", "--replicas", "1")
    eventually(lambda: nodes_of(team) == ["n2"], "it runs")
    homeless = f"{team.service} has no other home: constraint node.hostname==n2"
    assert homeless in team.asks("node update --availability drain --dry-run n2").text
    assert team.docker("node", "inspect", "-f", "{{.Spec.Availability}}", "n2") == "active"
    change = team.begins("node update --availability drain --deadline 4s n2")
    stalled = team.shows(change, lambda m: m.state == "stalled")
    assert homeless in stalled.text
    assert "no suitable node" in stalled.text
    assert stalled.buttons == ["Keep waiting", "Abort"]
    asked = team.note(change, "stalled")
    assert asked.broadcast
    assert "no suitable node" in asked.text
    team.clicks(change, "Abort", "bob")
    over = team.shows(change, lambda m: m.state == "aborted")
    assert "stopped following it" in over.text
    assert team.docker("node", "inspect", "-f", "{{.Spec.Availability}}", "n2") == "drain"
    team.does("node update --availability active n2", "applied")
    eventually(lambda: nodes_of(team) == ["n2"], "it runs again")


def test_what_runs_nowhere_else_comes_back_with_the_node(team: Team) -> None:
    team.makes("--constraint", "node.hostname==n2", "--replicas", "1")
    eventually(lambda: nodes_of(team) == ["n2"], "it runs")
    change = team.begins("node update --availability drain --then active --deadline 20s n2")
    done = team.rests(change, "applied", 60)
    assert f"`{team.service}`: comes back with `n2`." in done.text
    assert "stalled" not in states_of(done)
    team.note(change, "ended")
    assert notes(team, change) == ["ended", "progress"]
    eventually(lambda: nodes_of(team) == ["n2"], "it runs again")
