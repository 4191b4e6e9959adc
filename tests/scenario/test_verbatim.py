"""Lines as they stand in anybody's notes, pasted into Slack: they leave what the docker CLI leaves.

The lines go to Waggle first; then the same lines go to the docker CLI for a twin (one after the
other: both may publish a port), and the specs after each line are compared.
"""

import shlex
from typing import Any

import pytest

from tests.scenario.team import Team, without_labels

Json = dict[str, Any]


def _through_slack(team: Team, lines: list[tuple[str, str]], name: str) -> list[Json]:
    specs = []
    for line, end in lines:
        team.does(line, end, timeout=60)
        specs.append(without_labels(team.spec(name)))
    return specs


def _through_the_cli(team: Team, lines: list[tuple[str, str]], name: str) -> list[Json]:
    specs = []
    twin = f"{team.service}-twin"
    for line, _ in lines:
        words = [word.replace(name, twin) for word in shlex.split(line)[1:]]
        team.docker(*words[:2], "--detach", *words[2:])
        specs.append(without_labels(team.spec(twin)))
    team.docker("service", "rm", twin)
    return specs


def _same(team: Team, lines: list[tuple[str, str]], name: str) -> None:
    team.also.append(name)
    ours = _through_slack(team, lines, name)
    team.docker("service", "rm", name)
    for (line, _), mine, theirs in zip(
        lines, ours, _through_the_cli(team, lines, name), strict=True
    ):
        assert mine == theirs, line


@pytest.mark.timeout(240)
def test_a_service_through_its_life(team: Team) -> None:
    image = team.stage.image
    lines = [
        (f"docker service create --name web_http --replicas 3 {image}:2.2", "completed"),
        (f"docker service update --image {image} web_http", "completed"),
        (f"docker service update --image {image}:2.4 web_http", "completed"),
        (
            (
                "docker service update --replicas 6 --update-parallelism 2 "
                "--update-delay 1m30s web_http"
            ),
            "completed",
        ),
        ("docker service scale web_http=4", "completed"),
        ("docker service update --rollback web_http", "rolled_back"),
    ]
    _same(team, lines, "web_http")


def test_a_global_service(team: Team) -> None:
    image = team.stage.image
    lines = [(f"docker service create --mode global --name my_test {image}", "completed")]
    team.also.append("my_test")
    ours = _through_slack(team, lines, "my_test")
    told = team.asks("docker service inspect my_test --pretty").text
    assert "my_test" in told
    assert "global" in told.lower()
    assert ours == _through_the_cli(team, lines, "my_test")


@pytest.mark.timeout(180)
def test_nodes_are_labelled_and_a_service_moves_between_them(team: Team) -> None:
    image = team.stage.image
    node_lines = [
        "docker node update --availability active n1",
        "docker node update --label-add env=test n2",
        "docker node update --label-add env=prod n3",
    ]
    made = (
        "docker service create --constraint node.labels.env==test --replicas 3 --name my_web "
        f"--publish 8080:80 {image}"
    )
    lines = [
        (made, "completed"),
        ("docker service update --constraint-rm node.labels.env==test my_web", "completed"),
        ("docker service update --constraint-add node.labels.env==prod my_web", "completed"),
    ]
    try:
        answer = team.asks(node_lines[0])
        assert "Nothing to do" in answer.text
        for line in node_lines[1:]:
            team.does(line, "applied")
        labels = team.docker("node", "inspect", "-f", "{{.Spec.Labels}}", "n1", "n2", "n3")
        assert labels.splitlines() == ["map[]", "map[env:test]", "map[env:prod]"]
        _same(team, lines, "my_web")
    finally:
        for node in ("n2", "n3"):
            team.docker("node", "update", "--label-rm", "env", node)


def test_both_constraints_move_in_one_line(team: Team) -> None:
    image = team.stage.image
    quick = "--update-monitor 1s --update-parallelism 0"
    lines = [
        (
            f"docker service create --constraint node.hostname==n2 --name my_web {quick} {image}",
            "completed",
        ),
        (
            (
                "docker service update --constraint-rm node.hostname==n2 "
                "--constraint-add node.hostname==n3 my_web"
            ),
            "completed",
        ),
    ]
    _same(team, lines, "my_web")
