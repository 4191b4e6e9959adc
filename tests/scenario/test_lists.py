"""Secrets, configs, stacks, the tasks of a stack and of a node, as the docker CLI lists them."""

from collections.abc import Iterator

import pytest

from tests.scenario.team import Team
from tests.waiting import eventually

HELD = "nobody-may-see-this"


@pytest.fixture
def pieces(team: Team) -> Iterator[tuple[str, str]]:
    """A secret and a config, of the docker CLI's making."""
    held = team.stage.dir / "held.txt"
    held.write_text(HELD)
    secret, config = f"{team.service}-key", f"{team.service}-conf"
    team.docker("secret", "create", "--label", "env=prod", secret, str(held))
    team.docker("config", "create", config, str(held))
    yield secret, config
    team.docker("secret", "rm", secret)
    team.docker("config", "rm", config)


def test_secrets_and_configs_are_listed_and_not_shown(team: Team, pieces: tuple[str, str]) -> None:
    secret, config = pieces
    told = team.asks("docker secret ls").text
    assert secret in told
    assert "env=prod" in told
    assert config in team.asks("docker config ls").text
    assert HELD not in "".join(m.text for m in team.client.messages(team.channel))
    (ident,) = team.docker("secret", "ls", "-q", "--filter", f"name={secret}").split()
    assert ident in team.asks("secret ls --quiet").text


def test_a_stack_and_a_node_tell_what_runs(team: Team) -> None:
    stack = f"{team.service}-s"
    label = ("--label", f"com.docker.stack.namespace={stack}")
    team.makes(*label, "--mode", "global")
    team.makes(*label, name=f"{team.service}-b")
    eventually(lambda: len(team.running()) == 3, "all run")
    assert f"{stack}  2" in team.asks("docker stack ls").text
    services = team.asks(f"docker stack services {stack}").text
    assert team.service in services
    assert f"{team.service}-b" in services
    tasks = team.asks(f"docker stack ps {stack}").text
    for node in ("n1", "n2", "n3"):
        assert f"{team.service}.{node}" in tasks
    assert f"{team.service}-b.1" in tasks
    here = team.asks("docker node ps n2").text
    assert f"{team.service}.n2" in here
    assert f"{team.service}.n3" not in here
    assert f"Did you mean `{stack}`?" in team.asks(f"stack services {stack}x").text
