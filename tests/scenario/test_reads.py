"""Reads: always private, env values hidden, long ones as a file in a direct message."""

import re
from collections.abc import Callable, Iterator

import pytest

from playground.workspace import Seen
from tests.scenario.team import PEOPLE, Team
from tests.waiting import eventually

CANARY = "c4n4ry-secret-value"


@pytest.fixture
def web(team: Team) -> Iterator[Team]:
    """A service with two tasks and a secret in its environment."""
    team.makes("--replicas", "2", "--env", f"TOKEN={CANARY}", "--publish", "18080:80")
    eventually(lambda: len(team.running()) == 2, "two tasks run")
    yield team
    assert all(m.ephemeral_to == PEOPLE["ann"] for m in team.client.messages(team.channel))
    assert CANARY not in "\n".join(m.text + str(m.blocks) for m in team.client.messages())


def test_services_and_their_tasks(web: Team) -> None:
    row = next(r for r in web.asks("docker service ls").text.splitlines() if web.service in r)
    assert row.split()[1:4] == ["replicated", "2/2", web.image("v1")] or "2/2" in row
    assert "18080" in row
    told = web.asks(f"docker service ps {web.service}").text
    assert f"{web.service}.1" in told
    assert f"{web.service}.2" in told
    assert "running" in told


def test_inspect_pretty_and_json_hide_env_values(web: Team) -> None:
    pretty = web.asks(f"inspect {web.service}").text
    assert "TOKEN" in pretty
    assert "18080" in pretty
    told = web.asks(f"inspect --format json {web.service}")
    text = told.text + "".join(f.decode() for m in _direct(web) for f in m.files.values())
    assert "TOKEN" in text
    assert "TaskTemplate" in text


def _direct(team: Team) -> list[Seen]:
    return [m for m in team.client.messages() if m.channel.startswith("D")]


def test_logs_by_tail_and_since(team: Team) -> None:
    script = "i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo line-$i; done; sleep 600"
    parent = team.does(
        f"create --name {team.service} --update-monitor 1s --stop-signal SIGKILL "
        f'{team.image("v1")} /bin/sh -c "{script}"'
    )
    assert parent.state == "completed"
    told = team.asks(f"logs --tail 2 {team.service}").text
    assert "line-30" in told
    assert "line-28" not in told
    assert "line-1\n" in team.asks(f"docker service logs --since 10m {team.service}").text + "\n"
    assert "No log lines" in team.asks(f"logs --since 1s {team.service}").text


def test_long_output_is_a_file_by_direct_message(team: Team) -> None:
    script = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo a-rather-long-line-$i; done; sleep 600"
    team.does(
        f"create --name {team.service} --update-monitor 1s --stop-signal SIGKILL "
        f'{team.image("v1")} /bin/sh -c "{script}"'
    )
    team.types(f"logs --tail all {team.service}")

    def is_file(message: Seen) -> bool:
        return any(team.service in name for name in message.files)

    sent = team.client.wait_for(is_file)
    assert sent.channel.startswith("D")
    (content,) = sent.files.values()
    assert b"a-rather-long-line-1\n" in content
    assert b"a-rather-long-line-400" in content


def test_nodes_and_networks(web: Team) -> None:
    told = web.asks("docker node ls").text
    assert [node for node in ("n1", "n2", "n3") if node in told] == ["n1", "n2", "n3"]
    assert "leader" in told
    assert "n2" in web.asks("docker node inspect n2").text
    assert "ingress" in web.asks("docker network ls").text


def test_rollouts_the_live_ones_first(team: Team) -> None:
    team.makes("--replicas", "2")
    team.does(f"scale {team.service}=3")
    slow = "--update-parallelism 1 --update-delay 20s"
    parent = team.begins(f"update {slow} --image {team.image('v2')} {team.service}")
    lines = team.asks(f"rollouts {team.service}").text.splitlines()
    assert "1 live" in lines[0]
    assert "progressing" in lines[1]
    assert "update" in lines[1]
    assert "completed" in lines[2]
    assert "scale" in lines[2]
    told = team.asks("services").text
    row = next(line for line in told.splitlines() if line.split()[:1] == [team.service])
    assert re.search(r" updating [0-3]/3 ", row), row
    assert row.endswith("progressing")
    told = team.asks(f"inspect {team.service}").text
    assert "Last update: under way" in told
    assert "Drift" not in told
    team.asks(f"abort {team.service}")
    team.rests(parent, "aborted")


ANSWERS: list[tuple[str, Callable[[str], bool]]] = [
    ("ps {0}-none", lambda text: "no service" in text),
    ("inspect {0}-none", lambda text: "no service" in text),
    ("logs {0}-none", lambda text: "no service" in text),
    ("history {0}-none", lambda text: "no service" in text),
    ("diff {0}-none 1 2", lambda text: "no service" in text),
    ("node inspect {0}-none", lambda text: "no node" in text),
    ("network rm {0}-none", lambda text: "no network" in text),
    ("rollouts {0}-none", lambda text: "No rollouts" in text),
]


@pytest.mark.parametrize(("line", "good"), ANSWERS, ids=[line for line, _ in ANSWERS])
def test_what_is_not_there_is_said_so(team: Team, line: str, good: Callable[[str], bool]) -> None:
    answer = team.asks(line.format(team.service))
    assert good(answer.text), answer.text
