"""Who may not gets no form, by any way."""

import secrets
from pathlib import Path

from playground.lab import Lab
from tests.lab_fixtures import docker_cli
from tests.scenario.conftest import gathered
from tests.scenario.forms import Forms, told, words
from tests.scenario.law import under, write
from tests.scenario.team import SHORT
from tests.waiting import eventually

RULES = """\
version: 1
roles:
  dev: {users: [U0ANN]}
  look: {users: [U0BOB]}
grants:
  - {role: dev, may: [read, update, scale, create, node, rollback]}
  - {role: look, may: [read]}
"""


def test_who_may_not_gets_no_form_by_any_way(swarm: Lab, tmp_path: Path) -> None:
    """bob may look; cat may do nothing at all."""
    name = f"no-forms-{secrets.token_hex(2)}"
    made = ("--name", name, *SHORT.split(), f"{swarm.registry}/httpd:v1")
    docker_cli(swarm, "service", "create", "-d", *made)  # before the worker's first look
    with under(swarm, tmp_path / "policy.yml", RULES) as stage:
        team = gathered(stage, "no forms")
        team.service = name
        own = Forms(team)
        told(stage, f"update {team.service}")
        done = team.does(f"update --image {team.image('v2')} {team.service}")
        for who in ("bob", "cat"):
            theirs = Forms(team, who)
            for line in (f"update {team.service}", f"scale {team.service}", "create", "update",
                         "node update n3"):  # fmt: skip
                assert "Not allowed" in team.told(line, who)
                said = team.hears(lambda: team.client.mention(who, team.channel, line), who)  # noqa: B023 - called at once
                assert "Not allowed" in said.text
                assert said.buttons == []
                assert theirs.top is None
            for shortcut, message in (("Deploy…", None), ("Roll back this", done)):
                team.client.use(who, shortcut, message)
                assert "Not allowed" in words(theirs.shown)
                assert "submit" not in theirs.shown["body"]
                theirs.closes()
        team.client.use("cat", "Show history", done)
        assert "Not allowed" in words(Forms(team, "cat").shown)
        # rights that go while a form is open
        own.types(f"scale {team.service}")
        write(tmp_path / "policy.yml", RULES.replace("update, scale, ", ""))
        line = f"/swarm scale {team.service}"
        eventually(lambda: team.client.type("ann", team.channel, line).shown is not None, "a no")
        assert "Not allowed" in own.submits(replicas="2")["replicas"]
        assert team.replicas() == 1
        team.remove_all()
