"""Two swarms behind one bot: each worker does its own, and one that is away is said to be."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.slack.manifest import BOT_SCOPES
from playground.lab import Lab
from playground.stage import Stage
from tests.lab_fixtures import docker_cli
from tests.scenario.conftest import gathered
from tests.scenario.court import Court
from tests.scenario.forms import Forms, words
from tests.scenario.law import write
from tests.scenario.team import SHORT, Team, payload
from tests.waiting import eventually

RULES = """\
version: 1
roles:
  all: {everyone: true}
grants:
  - {role: all, may: [read, create, update, scale, rollback, remove, node]}
environments:
  eu:
    match: {cluster: eu}
    approvals: {required: 1, approvers: {users: [U0BOB]}, verbs: [update]}
channels:
"""

WELL = ":white_check_mark:"


@dataclass
class TwoSwarms(Stage):
    """A bot, and a worker on each of two swarms."""

    other: Lab | None = None

    def start_worker(self) -> None:
        """Start both workers."""
        self.start_worker_of("eu")
        self.start_worker_of("us")

    def start_worker_of(self, cluster: str) -> None:
        """Start one; its log is called after it."""
        lab = self.lab if cluster == "eu" else self.other
        assert lab is not None
        self.extra["DOCKER_HOST"] = lab.docker_host()
        self._start(cluster, "bot", "worker", "--cluster", cluster)

    def kill_worker_of(self, cluster: str) -> None:
        """Kill -9 its supervisor: its children go with it."""
        process = self.running.pop(cluster)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)


@dataclass
class Pair:
    """The stage, its two swarms, and a channel with its cluster."""

    stage: TwoSwarms
    team: Team
    us: Lab

    def services_of(self, cluster: str) -> str:
        """Return the names of the services there, by the docker CLI."""
        lab = self.us if cluster == "us" else self.team.stage.lab
        return docker_cli(lab, "service", "ls", "--format", "{{.Name}}")

    def availability(self, cluster: str) -> str:
        """Return that of n1 there, by the docker CLI."""
        lab = self.us if cluster == "us" else self.team.stage.lab
        return docker_cli(lab, "node", "inspect", "-f", "{{.Spec.Availability}}", "n1")

    def image(self, cluster: str) -> str:
        lab = self.us if cluster == "us" else self.team.stage.lab
        return f"{lab.registry}/httpd:v1"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, swarm: Lab) -> Iterator[Pair]:
    rules = Path(tmp_path_factory.mktemp("policy")) / "policy.yaml"
    write(rules, RULES.removesuffix("channels:\n"))
    us = Lab.auto()
    with ExitStack() as ends:
        ends.callback(us.down)
        us.up(nodes=1)
        stage = TwoSwarms(swarm, rate_limits=False, extra={"WAGGLE_POLICY": str(rules)}, other=us)
        ends.enter_context(stage)
        stage.client.configure(scopes=BOT_SCOPES)
        team = gathered(stage, "two_clusters")
        write(rules, RULES + f"  {team.channel}: {{cluster: eu}}\n")
        eventually(lambda: "this channel's" in team.told("clusters"), "the file is read again")
        eventually(lambda: team.told("clusters").count(WELL) == 2, "both have told how they are")
        yield Pair(stage, team, us)
        team.remove_all()


def test_clusters_lists_them_with_their_health(pair: Pair) -> None:
    eu, us = pair.team.told("clusters").splitlines()
    assert eu.startswith(":white_check_mark: `eu` (this channel's): 3 of 3 nodes ready · leader n1")
    assert us.startswith(":white_check_mark: `us`: 1 of 1 node ready · leader n1")
    version = docker_cli(pair.us, "version", "--format", "{{.Server.Version}}")
    assert f"Engine {version}" in us
    assert "processes: 1 queries, 1 rollouts, steward · reported " in us


def test_the_channels_swarm_is_meant_unless_a_line_names_another(pair: Pair) -> None:
    team = pair.team
    mine, theirs = f"{team.service}-a", f"{team.service}-b"
    first = team.begins(f"create --name {mine} {SHORT} {pair.image('eu')}")
    second = team.begins(f"create --cluster us --name {theirs} {SHORT} {pair.image('us')}")
    assert payload(team.rests(first))["cluster"] == "eu"
    assert payload(team.rests(second))["cluster"] == "us"
    assert mine in pair.services_of("eu")
    assert theirs not in pair.services_of("eu")
    assert theirs in pair.services_of("us")
    assert mine not in pair.services_of("us")
    assert mine in team.asks("services").text
    assert theirs in team.asks("services --cluster us").text
    team.clicks(team.begins(f"rm --cluster us {theirs}"), "Remove")
    eventually(lambda: theirs not in pair.services_of("us"), "it is removed there")


def test_one_swarm_asks_for_a_yes_and_the_other_does_not(pair: Pair) -> None:
    name = f"{pair.team.service}-d"
    team = Court(pair.stage, pair.team.channel, name)
    team.makes()
    docker_cli(pair.us, "service", "create", "-d", "--name", name, *SHORT.split(), pair.image("us"))
    change = f"update --env-add A=1 {name}"
    there = team.rests(team.begins(change.replace("update", "update --cluster us")))
    assert payload(there)["cluster"] == "us"
    assert team.requests() == 0
    request = team.wants(change)
    assert payload(request)["cluster"] == "eu"
    assert "asked for by `environments.eu.approvals`" in request.text
    assert "Env" not in team.spec()["TaskTemplate"]["ContainerSpec"]
    team.clicks(request, "Approve", "bob")
    team.rests(team.rollout(request))
    assert team.spec()["TaskTemplate"]["ContainerSpec"]["Env"] == ["A=1"]


def test_a_mistyped_swarm_gets_a_did_you_mean(pair: Pair) -> None:
    told = pair.team.told("services --cluster uss")
    assert "No swarm `uss` is known." in told
    assert "Did you mean `us`?" in told
    assert "Known: eu, us." in told


def test_a_drain_is_of_the_swarm_that_it_was_asked_for(pair: Pair) -> None:
    team = pair.team
    change = team.begins("node update --cluster us --availability drain --then active n1")
    assert "no other node takes tasks" in change.text
    assert "(cluster us)" in team.rests(change, "applied", 60).text
    assert team.docker("node", "inspect", "-f", "{{.Spec.Availability}}", "n1") == "active"


def test_what_a_message_says_to_type_is_for_its_own_swarm_wherever_it_is_typed(pair: Pair) -> None:
    team = pair.team
    team.docker("node", "update", "--availability", "drain", "n1")
    try:
        change = team.begins("node update --cluster us --detach --availability drain n1")
        ended = team.rests(change, "applied").text
        assert pair.availability("us") == "drain"
        _, begin, rest = ended.partition("`/swarm node update --availability active n1")
        assert begin, ended
        team.rests(team.begins(begin.removeprefix("`/swarm ") + rest.partition("`")[0]), "applied")
        assert pair.availability("us") == "active"
        assert pair.availability("eu") == "drain"
    finally:
        for lab in (team.stage.lab, pair.us):
            docker_cli(lab, "node", "update", "--availability", "active", "n1")


def test_a_worker_that_is_away_is_said_at_once_and_the_other_works_on(pair: Pair) -> None:
    team, forms = pair.team, Forms(pair.team)
    old = f"{team.service}-old"
    made = team.rests(team.begins(f"create --cluster us --name {old} {SHORT} {pair.image('us')}"))
    removal = team.begins(f"rm --cluster us {old}")
    pair.stage.kill_worker_of("us")
    gone = "no process answers"
    eventually(lambda: gone in team.told("clusters"), "its heartbeats have ended")
    assert ":x: `us`" in team.told("clusters")
    clicked = team.hears(lambda: team.clicks(removal, "Remove"))
    assert "The worker of `us` is away: no rollouts worker and no steward answers" in clicked.text
    assert team.client.use("ann", "Show history", made).status == "ok"
    assert "The worker of `us` is away: no queries worker answers" in words(forms.shown)
    forms.closes_all()
    shown = team.types("services --cluster us").shown or ""
    assert "The worker of `us` is away: no queries worker answers" in shown
    assert "last heard of" in shown
    assert "is away" not in (team.types("services").shown or "")
    assert old in pair.services_of("us")
    name = f"{team.service}-c"
    late = f"create --cluster us --name {name} {SHORT} {pair.image('us')}"
    assert "carried out if that one is back within 15m" in (team.types(late).shown or "")
    pair.stage.start_worker_of("us")
    eventually(lambda: name in pair.services_of("us"), "it is carried out after all")
    eventually(lambda: old not in pair.services_of("us"), "so is what was clicked")
    eventually(lambda: ":white_check_mark: `us`" in team.told("clusters"), "it is well again")
