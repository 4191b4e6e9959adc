"""Lines as they stand in anybody's notes, pasted into Slack: they leave what the docker CLI leaves.

The lines go to Waggle first; then the same lines go to the docker CLI for a twin (one after the
other: both may publish a port), and the specs after each line are compared. Monitors are Swarm's
own 5 s here, so the walks go side by side, each in a channel of its own.
"""

import shlex
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from playground.stage import Stage
from tests.scenario.conftest import gathered
from tests.scenario.team import Team, without_labels

Json = dict[str, Any]
Lines = list[str]


def _through_slack(team: Team, lines: Lines, name: str) -> list[Json]:
    specs = []
    for line in lines:
        end = "rolled_back" if "--rollback" in line else "completed"
        team.does(line, end, timeout=90)
        specs.append(without_labels(team.spec(name)))
    return specs


def _through_the_cli(team: Team, lines: Lines, name: str) -> list[Json]:
    specs = []
    twin = f"{team.service}-twin"
    for line in lines:
        words = [word.replace(name, twin) for word in shlex.split(line)[1:]]
        team.docker(*words[:2], "--detach", *words[2:])
        specs.append(without_labels(team.spec(twin)))
    return specs


def same(team: Team, lines: Lines, name: str) -> None:
    """Fail at the first line after which Waggle's service is not like the docker CLI's."""
    team.also.append(name)
    ours = _through_slack(team, lines, name)
    told = team.asks(f"docker service inspect {name} --pretty").text
    assert name in told
    team.docker("service", "rm", name)
    theirs = _through_the_cli(team, lines, name)
    for line, mine, their in zip(lines, ours, theirs, strict=True):
        assert mine == their, line


def life(image: str) -> Lines:
    paced = "--replicas 6 --update-parallelism 2 --update-delay 1m30s"
    return [
        f"docker service create --name web_http --replicas 3 {image}:2.2",
        f"docker service update --image {image} web_http",
        f"docker service update --image {image}:2.4 web_http",
        f"docker service update {paced} web_http",
        "docker service scale web_http=4",
        "docker service update --rollback web_http",
    ]


def everywhere(image: str) -> Lines:
    return [f"docker service create --mode global --name my_test {image}"]


def move(image: str) -> Lines:
    on_test = "--constraint node.labels.env==test --replicas 3 --name my_web --publish 8080:80"
    return [
        f"docker service create {on_test} {image}",
        "docker service update --constraint-rm node.labels.env==test my_web",
        "docker service update --constraint-add node.labels.env==prod my_web",
    ]


def move_in_one_line(image: str) -> Lines:
    on_test = "--constraint node.labels.env==test --replicas 3 --name my_web2 --publish 8081:80"
    to_prod = "--constraint-rm node.labels.env==test --constraint-add node.labels.env==prod"
    return [
        f"docker service create {on_test} {image}",
        f"docker service update {to_prod} my_web2",
    ]


@pytest.fixture
def labelled(team: Team) -> Iterator[Team]:
    """Two nodes are labelled, by lines as they stand in the notes, too."""
    lines = [
        "docker node update --availability active n1",
        "docker node update --label-add env=test n2",
        "docker node update --label-add env=prod n3",
    ]
    assert "Nothing to do" in team.asks(lines[0]).text
    for line in lines[1:]:
        team.does(line, "applied")
    labels = team.docker("node", "inspect", "-f", "{{.Spec.Labels}}", "n1", "n2", "n3")
    assert labels.splitlines() == ["map[]", "map[env:test]", "map[env:prod]"]
    yield team
    for node in ("n2", "n3"):
        team.docker("node", "update", "--label-rm", "env", node)


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("labelled")
def test_the_specs_are_the_docker_clis_after_every_line(stage: Stage) -> None:
    walks = {"web_http": life, "my_test": everywhere, "my_web": move, "my_web2": move_in_one_line}
    teams = {name: gathered(stage, name) for name in walks}
    try:
        with ThreadPoolExecutor(len(walks)) as pool:
            going = [
                pool.submit(same, teams[name], walk(stage.image), name)
                for name, walk in walks.items()
            ]
        for each in going:
            each.result()
    finally:
        for each_team in teams.values():
            each_team.remove_all()
