"""What only a real swarm can show: logins, the CLI's own words, answers end to end."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.reads import ServiceDetail, ServiceList
from bot.domain.reply import Logs, NodeDetail, TaskList
from bot.ports import NotFoundError, RegistryUnavailableError
from playground.lab import Lab
from playground.lab.registry import PASSWORD, USER
from tests.lab_fixtures import docker_cli
from tests.unit.usecases.answering import Desk
from workers.engine import DockerSwarm, EngineAddress, connect
from workers.engine.credentials import credentials_for
from workers.registry import HttpImageRegistry


@pytest.fixture
def engine(swarm: Lab) -> DockerSwarm:
    return connect(EngineAddress(host=swarm.docker_host()))


@pytest.fixture
def removed(engine: DockerSwarm) -> Iterator[Callable[[str], str]]:
    """Call it with the id of a service that is to go at the end."""
    ids: list[str] = []

    def remember(service_id: str) -> str:
        ids.append(service_id)
        return service_id

    yield remember
    for service_id in ids:
        engine.remove_service(service_id)


def _spec(engine: DockerSwarm, name: str, image: str, replicas: int = 1) -> dict[str, Any]:
    found = engine.resolve_image(image)
    return {
        "Name": name,
        "TaskTemplate": {
            "ContainerSpec": {"Image": found.reference},
            "Placement": {"Platforms": list(found.platforms)},
        },
        "Mode": {"Replicated": {"Replicas": replicas}},
    }


def _until_running(engine: DockerSwarm, service_id: str, count: int) -> None:
    deadline = time.monotonic() + 30
    while [t.state for t in engine.tasks([service_id])] != ["running"] * count:
        assert time.monotonic() < deadline, engine.tasks([service_id])
        time.sleep(0.1)


def test_an_image_is_written_as_the_docker_cli_writes_it(
    swarm: Lab, engine: DockerSwarm, removed: Callable[[str], str]
) -> None:
    image = f"{swarm.registry}/httpd"
    made = docker_cli(swarm, *f"service create -d -q --name as-cli --replicas 0 {image}".split())
    spec = engine.service(removed(made)).spec["TaskTemplate"]
    found = engine.resolve_image(image)
    assert spec["ContainerSpec"]["Image"] == found.reference
    assert spec["Placement"]["Platforms"] == list(found.platforms)


def test_a_private_registry_needs_the_login(
    swarm: Lab,
    engine: DockerSwarm,
    removed: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    image = f"{swarm.private_registry}/httpd:v2"
    registry = HttpImageRegistry(credentials_for, engine.is_insecure_registry)
    for ask in (engine.resolve_image, registry.tags):
        with pytest.raises(RegistryUnavailableError):
            ask(image)
    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    auths = {swarm.private_registry: {"auth": login}}
    (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
    assert "v2" in registry.tags(image).names
    (found,) = registry.look(image, ["v2"])
    assert found.digest == engine.resolve_image(image).digest
    assert found.created_at is not None
    assert PASSWORD not in repr(registry.__dict__)
    with pytest.raises(NotFoundError):
        engine.resolve_image(f"{swarm.private_registry}/httpd:v99")
    # the nodes get the login with the service, and keep it over updates that do not bring it
    spec = _spec(engine, "with-login", image)
    made = removed(engine.create_service(spec, with_registry_auth=True))
    _until_running(engine, made, 1)
    live = engine.service(made)
    live.spec["Mode"]["Replicated"]["Replicas"] = 3
    engine.update_service(made, live.version, live.spec)
    _until_running(engine, made, 3)


def test_the_answers_of_a_real_swarm(
    swarm: Lab, engine: DockerSwarm, removed: Callable[[str], str]
) -> None:
    spec = _spec(engine, "asked-about", f"{swarm.registry}/httpd:v1", replicas=2)
    spec["TaskTemplate"]["ContainerSpec"]["Env"] = ["GREETING=hunter22"]
    spec["TaskTemplate"]["ContainerSpec"]["Command"] = ["sh", "-c", "echo $GREETING; sleep 600"]
    _until_running(engine, removed(engine.create_service(spec)), 2)
    desk = Desk()

    def ask(line: str) -> Any:
        desk.answer(swarm=engine).run(desk.typed(line).id)
        return desk.ear.replies[-1]

    services, tasks, detail = ask("services"), ask("ps asked-about"), ask("inspect asked-about")
    assert isinstance(services, ServiceList)
    row = next(row for row in services.rows if row.name == "asked-about")
    assert (row.running, row.wanted, row.mode) == (2, 2, "replicated")
    assert isinstance(tasks, TaskList)
    assert [task.slot for task in tasks.tasks] == [1, 2]
    assert isinstance(detail, ServiceDetail)
    assert dict(detail.fields)["replicas"] == "2"
    node = ask("node inspect n1")
    assert isinstance(node, NodeDetail)
    assert node.node.leader
    logs = ask("logs asked-about")
    assert isinstance(logs, Logs)
    assert {text for _, _, text in logs.lines} == {"••••"}
    assert {who.partition("@")[0] for _, who, _ in logs.lines} == {"asked-about.1", "asked-about.2"}
    assert "hunter22" not in repr(desk.ear.replies)
