"""A policy file that breaks while Waggle runs, and is mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.lab import Lab
from playground.workspace import Seen
from tests.scenario.conftest import gathered
from tests.scenario.law import under, warnings, write
from tests.scenario.team import PEOPLE, Team
from tests.waiting import eventually

RULES = """\
version: 1
roles:
  admin: {users: [U0CAT]}
  all: {everyone: true}
  sre: {groups: [S0SRE]}
grants:
  - {role: all, may: [read, scale]}
  - {role: sre, may: [update]}
"""
BROKEN = RULES + "environments:\n  prod:\n    match: {servce: web}\n    limits: {replicas: many}\n"
MENDED = RULES.replace("[read, scale]", "[read]").replace("[update]", "[update, scale]")


@pytest.fixture
def team(swarm: Lab, tmp_path: Path) -> Iterator[Team]:
    with under(swarm, tmp_path / "policy.yml", RULES) as stage:
        people = gathered(stage, "reload")
        yield people
        people.remove_all()


def told_admins(team: Team) -> list[Seen]:
    """Return what was said of the file, wherever."""
    return [m for m in team.client.messages() if "The policy file is wrong" in m.text]


def of_policy(team: Team) -> list[str]:
    """Return what /readyz warns of, besides that no channel is told the audit log's head."""
    return [line for line in warnings(team.stage) if "policy: " in line]


def logged(team: Team, name: str, words: str) -> int:
    """Return how often a process has said that in its log."""
    log = (team.stage.dir / f"{name}.log").read_text(encoding="utf-8")
    return sum(words in line for line in log.splitlines())


def test_a_broken_file_changes_nothing_and_is_said_until_it_is_mended(
    team: Team, tmp_path: Path
) -> None:
    path = tmp_path / "policy.yml"
    team.makes()
    team.does(f"scale {team.service}=2")
    update = f"update --image {team.image('v2')} {team.service}"
    assert "the role sre may" in team.told(update)
    assert of_policy(team) == []

    write(path, BROKEN)
    wrong = (
        f"{path}:11:13: unknown key servce; did you mean service?",
        f"{path}:12:24: ",
    )
    # the bot, and each of the worker's three processes, reads the file itself
    eventually(lambda: logged(team, "bot", "the last good one stays in force") == 1, "the bot")
    eventually(lambda: logged(team, "worker", "the last good one stays in force") == 3, "the rest")
    for words in wrong:
        assert logged(team, "bot", words) == 1
    # the bot says it of itself, and of each of the worker's processes once that has said it
    shown = of_policy(team)
    assert [words for words in wrong if not any(words in line for line in shown)] == []
    eventually(lambda: bool(told_admins(team)), "the admin is told")
    (told,) = told_admins(team)
    assert [words for words in wrong if words not in told.text] == []
    assert "the last good one stays in force" in told.text
    assert is_between(team, told, PEOPLE["cat"])
    # as before, for those who may and for those who may not
    team.does(f"scale {team.service}=3")
    assert "the role sre may" in team.told(update)
    team.does(update, who="sam")
    assert team.running() == [team.image("v2")] * 3

    write(path, MENDED)
    eventually(lambda: of_policy(team) == [], "the warning goes")
    eventually(lambda: "no rule lets you" in (scales(team) or ""), "the new rules hold")
    team.does(f"scale {team.service}=1", who="sam")
    assert team.replicas() == 1
    assert len(told_admins(team)) == 1


def scales(team: Team) -> str | None:
    return team.types(f"scale --dry-run {team.service}=1").shown


def is_between(team: Team, message: Seen, user: str) -> bool:
    """Return whether it stands in the direct messages of the bot and that person."""
    (place,) = [c for c in team.client.state()["channels"] if c["id"] == message.channel]
    return message.ephemeral_to is None and place["is_im"] and user in place["members"]
