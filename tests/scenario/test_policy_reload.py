"""A policy file that breaks while Waggle runs, and is mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.lab import Lab
from playground.workspace import Seen
from tests.scenario.audited import program
from tests.scenario.conftest import gathered
from tests.scenario.law import READERS, under, warnings, write
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
SHADOWED = """\
version: 1
roles:
  all: {everyone: true}
grants:
  - {role: all, may: [read, update]}
environments:
  shop:
    match: {service: "*"}
  production:
    match: {service: "prod-*"}
"""
COVERED = """\
version: 1
roles:
  all: {everyone: true}
grants:
  - {role: all, may: [read, update]}
  - {role: all, may: [update], services: ["web*"]}
"""
NAMED = """\
version: 1
roles:
  all: {everyone: true}
  ops: {users: [U0ANN, bob]}
grants:
  - {role: all, may: [read, update]}
  - {role: ops, may: [scale], channels: ["#ops"]}
"""
REFUSED = (
    (SHADOWED, ["9:3: can never apply: shop matches all of it before"]),
    (COVERED, ["6:5: can never apply: grants[0] grants all of it already"]),
    (NAMED, ["4:24: 'bob' is no id of a user", "7:42: '#ops' is no id of a channel"]),
)
"""Files that would let everybody update, and nobody scale; and what is wrong with them."""

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


def test_what_can_never_apply_and_names_are_refused_with_their_place(
    team: Team, tmp_path: Path
) -> None:
    path = tmp_path / "policy.yml"
    team.makes()
    update = f"update --image {team.image('v2')} {team.service}"
    for number, (rules, wrong) in enumerate(REFUSED, start=1):
        write(path, rules)
        # before it is used: as a program, by line and column
        done = program(team.stage, "policy", "check", str(path))
        assert done.returncode == 1
        for words in wrong:
            assert f"{path}:{words}" in done.stdout
        eventually(lambda n=number: have_refused(team, n), "each process to refuse it")  # type: ignore[misc]  # mypy knows no defaults of lambdas
        for words in wrong:
            assert logged(team, "bot", f"{path}:{words}") == READERS["bot"]
            assert logged(team, "worker", f"{path}:{words}") == READERS["worker"]
        shown = warnings(team.stage)
        assert all(any(f"{path}:{words}" in line for line in shown) for words in wrong)
        # the last good one: everybody may scale, and update may the group alone
        team.does(f"scale {team.service}={number + 1}")
        assert "the role sre may" in team.told(update)
    assert team.tag() == "v1"


def have_refused(team: Team, files: int) -> bool:
    """Return whether each process has refused so many files, one after the other."""
    refused = "the last good one stays in force"
    return all(logged(team, name, refused) == files * n for name, n in READERS.items())


def scales(team: Team) -> str | None:
    return team.types(f"scale --dry-run {team.service}=1").shown


def is_between(team: Team, message: Seen, user: str) -> bool:
    """Return whether it stands in the direct messages of the bot and that person."""
    (place,) = [c for c in team.client.state()["channels"] if c["id"] == message.channel]
    return message.ephemeral_to is None and place["is_im"] and user in place["members"]
