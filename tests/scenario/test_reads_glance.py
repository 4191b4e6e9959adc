"""Answers for humans: what needs a look, whose revision runs, what drifted, tags that moved."""

import re

from playground.workspace import Seen
from tests.scenario.court import moved
from tests.scenario.team import PEOPLE, Team
from tests.waiting import eventually

CANARY = "c4n4ry-secret-value"


def row(told: str, name: str) -> str:
    """Return the line of a table that begins with a name."""
    return next(line for line in told.splitlines() if line.split()[:1] == [name])


def test_a_service_that_another_tool_changed_has_drifted(team: Team) -> None:
    team.creates(f"--replicas 1 --env TOKEN={CANARY} --label tier=front")
    line = row(team.asks("services").text, team.service)
    assert line.split()[1:4] == ["ok", "replicated", "1/1"]
    told = team.asks(f"inspect {team.service}").text
    assert f"`{team.service}`: ok, 1/1 running" in told
    assert f"*Revision* 1 (good) · made by <@{PEOPLE['ann']}>" in told
    assert "env TOKEN" in told
    assert "Drift" not in told

    team.docker("service", "update", "-d", "--env-add", "TOKEN=other-canary", team.service)
    eventually(lambda: "ok, drift" in team.asks("services").text, "the drift is marked")
    told = team.asks("services").text
    assert re.search(rf"another tool: [^·]*`{team.service}`", told)
    told = team.asks(f"inspect {team.service}").text
    assert "*Drift*: it is not revision 1" in told
    assert "env TOKEN: •••• → •••• (changed)" in told
    assert "not the current revision" in team.asks(f"history {team.service}").text
    everything = "\n".join(m.text + str(m.blocks) for m in team.client.messages())
    assert CANARY not in everything
    assert "other-canary" not in everything


def test_what_fails_stands_first_with_its_error(team: Team) -> None:
    team.makes("--replicas", "1", name=f"{team.service}-aaa")
    bad = f"{team.service}-zzz"
    team.makes("--replicas", "1", name=bad, tag="crash")

    def failing() -> bool:
        return "! failing" in row(team.asks("services").text, bad)

    eventually(failing, "it counts as failing")
    told = team.asks("services").text
    assert told.index(bad) < told.index(f"{team.service}-aaa")
    assert re.search(rf":warning: `{bad}` failing: `task: non-zero exit \(1\)`", told)
    team.docker("service", "update", "-d", "--restart-condition", "none", bad)
    tasks = team.asks(f"ps {bad}").text
    assert f" \\_ {bad}.1" in tasks
    assert "task: non-zero exit (1)" in tasks
    assert row(tasks, f"{bad}.1")
    ids = team.docker("service", "ps", "-q", "--no-trunc", bad).split()
    whole = team.asks(f"ps --no-trunc {bad}").text
    whole += _files(team)
    assert all(one in whole for one in ids)
    assert "@sha256:" in whole


def _files(team: Team) -> str:
    """Return what has come as files: the answers that were too long."""
    return "".join(f.decode() for m in team.client.messages() for f in m.files.values())


def test_pages_are_turned_in_place(team: Team) -> None:
    names = [f"{team.service}-{n:02}" for n in range(21)]
    for name in names:
        team.makes("--replicas", "0", name=name)
    first = team.asks("services")
    pages = int(first.text.partition("Page 1 of ")[2].split(":")[0])
    known = first.text

    def shows(number: int) -> Seen:
        return team.shows(first, lambda m: f"Page {number} of {pages}" in m.text)

    for number in range(2, pages + 1):
        team.clicks(first, "Next")
        known += shows(number).text
    assert all(name in known for name in names)
    last = team.fresh(first)
    assert last.buttons == ["Previous"]
    assert last.ephemeral_to == PEOPLE["ann"]
    team.clicks(first, "Previous")
    assert shows(pages - 1).ephemeral_to == PEOPLE["ann"]
    assert "Page 2 of" in team.asks("services --page 2").text


def test_logs_are_searched(team: Team) -> None:
    script = "i=0; while [ $i -lt 90 ]; do i=$((i+1)); echo line-$i Of-90; done; sleep 600"
    team.does(
        f"create --name {team.service} --update-monitor 1s --stop-signal SIGKILL "
        f'{team.image("v1")} /bin/sh -c "{script}"'
    )
    told = team.asks(f"logs --grep line-1*of --tail 3 {team.service}").text
    assert [n for n in range(90) if f"line-{n} " in told] == [17, 18, 19]
    assert f"{team.service}.1@n" in told
    assert "No log lines" in team.asks(f"logs --grep nothing-like-it {team.service}").text


def test_nodes_tell_what_they_carry(team: Team) -> None:
    team.makes(
        *("--replicas", "2", "--constraint", "node.hostname==n2"),
        *("--reserve-memory", "32m", "--reserve-cpu", "0.1"),
    )
    eventually(lambda: len(team.running()) == 2, "two tasks run")
    told = team.asks("docker node ls").text
    line = row(told, "n2").split()
    assert int(line[4]) >= 2
    assert re.fullmatch(r"0\.[2-9]\d*/\d+", line[5])
    assert re.fullmatch(r"\d+MiB/[\d.]+GiB", line[6])
    whole = team.asks("node inspect n2").text  # with the tasks of others, too long for a message
    assert "memory" in whole + _files(team)


def test_tags_what_runs_and_what_moved(team: Team) -> None:
    tag = f"moves-{team.service[-4:]}"
    moved(team.stage.lab.registry, "v1", tag)
    team.makes("--replicas", "1", tag=tag)
    told = team.asks(f"tags {team.service}").text
    line = row(told, tag).split()
    assert re.fullmatch(r"\d+[smhd]", line[1])
    assert line[2].endswith("MiB")
    assert re.fullmatch(r"[0-9a-f]{12}", line[3])
    assert team.service in line
    assert "Moved tag" not in team.asks(f"inspect {team.service}").text

    moved(team.stage.lab.registry, "v2", tag)
    told = team.asks(f"tags {team.image('v1')}").text
    assert f"{team.service} (another image)" in row(told, tag)
    assert f"*Moved tag*: `{tag}`" in told
    assert team.service in row(told, "v1")
    assert f"*Moved tag*: `{team.image(tag)}`" in team.asks(f"inspect {team.service}").text
    answer = team.asks("tags 127.0.0.1:9/nothing/here").text
    assert "No service that you may read" in answer
