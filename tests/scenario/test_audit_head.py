"""The audit log's head, said in a channel: what it proves later; and the log as a table.

On the way to it, what /readyz warns of: no channel is told, the channel cannot be told.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from playground.lab import Lab
from playground.stage import Role, Stage
from playground.workspace import Seen
from tests.scenario.audited import cut, entries, waggle
from tests.scenario.conftest import gathered
from tests.scenario.law import under, warnings
from tests.scenario.team import PEOPLE, Team, event_type, payload
from tests.waiting import eventually

TOLD = "C0PROD"
RULES = """\
version: 1
roles:
  all: {everyone: true}
grants:
  - {role: all, may: [read, scale, create]}
"""


def starts(stage: Stage) -> None:
    stage.start_bot()
    stage.start_worker()
    stage.wait_ready()


@dataclass(frozen=True, kw_only=True)
class Way:
    """The way to a head that is said: what /readyz warned of."""

    stage: Stage
    untold: list[str]
    shut: list[str]
    told: list[str]


@pytest.fixture(scope="module")
def way(swarm: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """A stage that hears of the channel when there are entries: the head is not the first one.

    At first the bot is not in that channel.
    """
    path = Path(tmp_path_factory.mktemp("rules")) / "policy.yml"
    with under(swarm, path, RULES) as stage:
        people = gathered(stage, "before")
        people.creates()
        people.remove_all()
        untold = warnings(stage)
        stage.stop_processes()
        stage.client.control("remove", channel=TOLD)
        stage.extra["WAGGLE_AUDIT_CHANNEL"] = TOLD
        starts(stage)
        eventually(lambda: any(TOLD in line for line in warnings(stage)), "it is shut")
        shut = warnings(stage)
        stage.client.control("invite", channel=TOLD)
        assert stage.kill(Role.STEWARD)  # the next one tries at once, this one within a minute
        eventually(lambda: heads(stage), "the head is said")
        eventually(lambda: warnings(stage) == [], "the warning goes")
        yield Way(stage=stage, untold=untold, shut=shut, told=warnings(stage))


@pytest.fixture
def audited(way: Way) -> Stage:
    return way.stage


@pytest.fixture
def team(audited: Stage, request: pytest.FixtureRequest) -> Iterator[Team]:
    people = gathered(audited, request.node.name)
    yield people
    people.remove_all()


def heads(stage: Stage) -> list[Seen]:
    """Return the messages that say a head, wherever they are."""
    return [m for m in stage.client.messages() if event_type(m) == "waggle_audit"]


def said(stage: Stage) -> dict[str, Any]:
    """Return the first head that was said."""
    return payload(eventually(lambda: heads(stage), "the head is said")[0])


def test_readyz_warns_while_no_channel_is_told_the_head(way: Way) -> None:
    (untold,) = way.untold
    assert untold.startswith("audit: no channel was told the log's last hash today or yesterday")
    assert "WAGGLE_AUDIT_CHANNEL" in untold
    assert way.shut == [
        f"channel {TOLD}: is not told the audit log's last hash, Slack says not_in_channel"
    ]
    assert way.told == []


def test_the_head_is_said_once_a_day_whoever_is_the_steward(team: Team) -> None:
    head = said(team.stage)
    assert entries(team.stage)[head["seq"] - 1].hash == head["hash"]
    team.creates()
    assert team.stage.kill(Role.STEWARD)
    team.does(f"scale {team.service}=2")  # another steward has seen it to its end
    shown = heads(team.stage)
    assert {m.channel for m in shown} == {TOLD}
    days = [m.text.partition(": entry")[0] for m in shown]
    assert len(set(days)) == len(days), days  # two at midnight
    assert f"`waggle audit verify --head {head['hash']}`" in shown[0].text


def test_a_cut_end_is_found_by_the_head_that_was_said(team: Team) -> None:
    head = said(team.stage)
    whole = waggle(team.stage, "verify", "--head", head["hash"])
    assert whole.returncode == 0, whole.stdout + whole.stderr
    team.stage.stop_processes()
    left = head["seq"] - 2
    try:
        with cut(team.stage, left):
            unknown = waggle(team.stage, "verify")
            known = waggle(team.stage, "verify", "--head", head["hash"])
    finally:
        starts(team.stage)
    # a shorter log that is whole: nothing else shows it
    assert unknown.returncode == 0, unknown.stdout
    assert f"{left} entries, the same as in Redis" in unknown.stdout
    assert known.returncode == 1, known.stdout
    why = f"no entry has the hash {head['hash'][:12]}…: the end was cut, or the log replaced"
    assert f"BROKEN: Redis: {why}; entry {left} is the last\n" in known.stdout
    assert waggle(team.stage, "verify", "--head", head["hash"]).returncode == 0


def test_the_table_has_the_line_that_was_typed(team: Team) -> None:
    team.creates()
    line = f"scale {team.service}=2"
    team.does(line, who="bob")
    done = waggle(team.stage, "export", "--csv")
    assert done.returncode == 0, done.stderr
    first, *rest = [row for row in csv.DictReader(done.stdout.splitlines()) if row["line"] == line]
    assert (first["what"], first["user"], first["target"], first["place"]) == (
        *("accepted", PEOPLE["bob"], team.service),
        team.channel,
    )
    assert {row["what"] for row in rest} >= {"planned", "started", "posted", "completed"}
