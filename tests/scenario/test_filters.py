"""Filters of lists let through what the docker CLI's do."""

import pytest

from tests.scenario.team import Team
from tests.waiting import eventually


def _ids(team: Team, line: str) -> set[str]:
    """Return the ids in the answer to a line with --quiet, as short as the docker CLI's."""
    words = team.asks(line).text.replace("`", " ").split()
    return {word[:12] for word in words if len(word) == 25 and word.isalnum()}


def _theirs(team: Team, *words: str) -> set[str]:
    return {one[:12] for one in team.docker(*words).split()}


@pytest.fixture
def two(team: Team) -> Team:
    team.makes("--replicas", "2", "--label", "env=prod")
    team.makes("--mode", "global", "--label", "env=test", name=f"{team.service}-all")
    eventually(lambda: len(team.running()) == 2, "two tasks run")
    return team


@pytest.mark.parametrize(
    "filters",
    [
        "name={name}",
        "name={name}-",
        "name={name} mode=global",
        "label=env=prod name={name}",
        "label=env name={name}",
        "mode=replicated mode=global name={name}",
    ],
)
def test_services_as_the_cli_filters_them(two: Team, filters: str) -> None:
    asked = [word for one in filters.format(name=two.service).split() for word in ("-f", one)]
    theirs = _theirs(two, "service", "ls", "-q", *asked)
    assert theirs
    assert _ids(two, f"docker service ls -q {' '.join(asked)}") == theirs


@pytest.mark.parametrize(
    "filters", ["desired-state=running", "node=n1", "name={name}.1", "desired-state=shutdown"]
)
def test_tasks_as_the_cli_filters_them(two: Team, filters: str) -> None:
    two.docker("service", "scale", "-d", f"{two.service}=1")
    two.docker("service", "update", "-d", "--force", two.service)
    states = ("--filter", "desired-state=shutdown")
    eventually(lambda: bool(_theirs(two, "service", "ps", "-q", two.service, *states)), "one ended")
    eventually(lambda: len(two.running()) == 1, "one task runs")
    asked = ("--filter", filters.format(name=two.service))
    theirs = _theirs(two, "service", "ps", "-q", *asked, two.service)
    line = f"docker service ps -q {' '.join(asked)} {two.service}"
    if theirs:
        assert _ids(two, line) == theirs
    else:
        assert "No task passes the filter" in two.asks(line).text


@pytest.mark.parametrize("filters", ["role=manager", "name=n2", "node.label=nobody-has-this"])
def test_nodes_as_the_cli_filters_them(team: Team, filters: str) -> None:
    theirs = _theirs(team, "node", "ls", "-q", "--filter", filters)
    line = f"docker node ls -q --filter {filters}"
    if theirs:
        assert _ids(team, line) == theirs
    else:
        assert "No node passes the filter" in team.asks(line).text


def test_what_a_chat_cannot_do_is_refused_with_the_way_out(team: Team) -> None:
    assert "Ask again: `logs --since 1m NAME`" in team.told("docker service logs -f web")
    assert "an answer in Slack is a table" in team.told("service ls --format '{{.Name}}'")
    assert "Filters: id, label, mode, name, runtime" in team.told("ls -f nme=web")
