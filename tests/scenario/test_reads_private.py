"""Tags of private registries: by the worker's own login, which nobody gets to see."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.slack.manifest import BOT_SCOPES
from playground.lab import Lab
from playground.lab import registry as basic
from playground.stage import Stage
from tests.integration.http_server import Served
from tests.scenario import token_registry as bearer
from tests.scenario.conftest import gathered
from tests.scenario.team import Team


def _auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture(scope="module")
def tokens(swarm: Lab) -> Iterator[Served]:
    with bearer.token_registry(swarm.registry) as server:
        yield server


@pytest.fixture(scope="module")
def stage(swarm: Lab, tokens: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A worker where somebody has done `docker login` at both registries."""
    home: Path = tmp_path_factory.mktemp("docker")
    auths = {
        swarm.private_registry: _auth(basic.USER, basic.PASSWORD),
        f"127.0.0.1:{tokens.port}": _auth(bearer.USER, bearer.PASSWORD),
    }
    (home / "config.json").write_text(json.dumps({"auths": auths}))
    with Stage(swarm, rate_limits=False, extra={"DOCKER_CONFIG": str(home)}) as made:
        made.client.configure(scopes=BOT_SCOPES)
        yield made


@pytest.fixture
def team(stage: Stage, request: pytest.FixtureRequest) -> Iterator[Team]:
    people = gathered(stage, request.node.name)
    yield people
    told = "\n".join(m.text + str(m.blocks) for m in people.client.messages())
    for secret in (basic.PASSWORD, bearer.PASSWORD, bearer.TOKEN):
        if secret != basic.PASSWORD:  # which is the product's name, too
            assert secret not in told
        assert base64.b64encode(f"bee:{secret}".encode()).decode() not in told
    people.remove_all()


def of_registry(team: Team, registry: str) -> str:
    """Let a service name an image of a registry, without a task that would pull it."""
    image = f"{registry}/httpd:v1"
    team.docker(
        *("service", "create", "-d", "-q", "--name", team.service, "--replicas", "0"),
        *("--no-resolve-image", image),
    )
    return team.asks(f"tags {team.service}").text


def aged(told: str, tag: str) -> bool:
    """Return whether a tag's line has its age, size and digest."""
    line = next(line for line in told.splitlines() if line.split()[:1] == [tag])
    return bool(re.fullmatch(r"\d+[smhd] +[\d.]+MiB +[0-9a-f]{12}.*", line.split(maxsplit=1)[1]))


def test_tags_of_a_registry_with_a_password(team: Team, swarm: Lab) -> None:
    told = of_registry(team, swarm.private_registry)
    assert aged(told, "v1")
    assert aged(told, "v2")


def test_tags_of_a_registry_with_a_token_service(team: Team, tokens: Served) -> None:
    told = of_registry(team, f"127.0.0.1:{tokens.port}")
    assert aged(told, "v1")
    assert aged(told, "v2")
    fetched = [asked for asked in tokens.asked if asked.path == "/token"]
    assert fetched[0].query["scope"] == ["repository:httpd:pull"]
