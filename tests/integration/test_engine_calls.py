"""The Engine port over a wire that misbehaves, with a scripted Engine."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.jsontypes import Spec
from bot.ports import (
    EngineRefusedError,
    EngineUnavailableError,
    LogFilter,
    NotFoundError,
    RegistryUnavailableError,
)
from tests.builders import a_spec
from tests.integration.http_server import Answered, Asked, Served, served
from workers.engine import DockerSwarm, EngineAddress, connect
from workers.engine.credentials import credentials_for

_VERSION = Answered(body={"ApiVersion": "1.41", "Version": "20.10.24"})


def _engine(answer: Callable[[Asked], Answered]) -> Callable[[Asked], Answered]:
    def script(asked: Asked) -> Answered:
        return _VERSION if asked.path == "/version" else answer(asked)

    return script


def _swarm(server: Served) -> DockerSwarm:
    return connect(EngineAddress(host=f"tcp://127.0.0.1:{server.port}"))


def _paths(server: Served) -> list[str]:
    return [asked.path for asked in server.asked if asked.path != "/version"]


@pytest.fixture
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config.json of `docker login`, empty at first."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    path = tmp_path / "config.json"
    path.write_text("{}")
    return path


def _log_in(config: Path, registry: str) -> None:
    auth = base64.b64encode(b"ann:pw").decode()
    config.write_text(json.dumps({"auths": {registry: {"auth": auth}}}))


def test_nothing_is_sent_before_the_first_call() -> None:
    with served(_engine(lambda asked: Answered(body=[]))) as server:
        swarm = _swarm(server)
        assert server.asked == []
        assert swarm.nodes() == []
        assert _paths(server) == ["/v1.41/nodes"]


def test_an_engine_that_is_away_is_asked_for_each_time() -> None:
    swarm = connect(EngineAddress(host="tcp://127.0.0.1:9"))
    for _ in range(2):
        with pytest.raises(EngineUnavailableError):
            swarm.nodes()


def test_a_read_is_repeated_once_when_the_connection_breaks() -> None:
    answers = [Answered(0), Answered(body=[])]
    with served(_engine(lambda asked: answers.pop(0))) as server:
        assert _swarm(server).nodes() == []
        assert _paths(server) == ["/v1.41/nodes"] * 2
        # another Engine may be behind the address now: the version is agreed on again
        assert [asked.path for asked in server.asked].count("/version") == 2


def test_a_write_is_sent_once() -> None:
    with served(_engine(lambda asked: Answered(0))) as server:
        with pytest.raises(EngineUnavailableError):
            _swarm(server).update_service("s1", 7, a_spec())
        assert _paths(server) == ["/v1.41/services/s1/update"]


def test_the_spec_is_posted_as_it_is() -> None:
    spec: Spec = {**a_spec(), "FieldOfTheFuture": [None, {"a": 0}]}
    with served(_engine(lambda asked: Answered(body={}))) as server:
        _swarm(server).update_service("s1", 7, spec)
        posted = server.asked[-1]
    assert json.loads(posted.body) == spec
    assert posted.query == {"version": ["7"]}
    assert "x-registry-auth" not in posted.headers


def test_without_placement_nothing_is_sent() -> None:
    spec = a_spec()
    del spec["TaskTemplate"]["Placement"]
    with served(_engine(lambda asked: Answered(body={}))) as server:
        for send in (
            lambda: _swarm(server).update_service("s1", 7, spec),
            lambda: _swarm(server).create_service(spec),
        ):
            with pytest.raises(ValueError, match="Placement"):
                send()
        assert server.asked == []


def test_the_login_goes_along_when_asked_for(docker_config: Path) -> None:
    _log_in(docker_config, "reg.test:5000")
    spec = a_spec("reg.test:5000/web:v1")
    with served(_engine(lambda asked: Answered(201, {"ID": "s1"}))) as server:
        swarm = _swarm(server)
        swarm.create_service(spec)
        assert "x-registry-auth" not in server.asked[-1].headers
        swarm.create_service(spec, with_registry_auth=True)
        sent = json.loads(base64.urlsafe_b64decode(server.asked[-1].headers["x-registry-auth"]))
        assert (sent["username"], sent["password"]) == ("ann", "pw")
        swarm.create_service(a_spec("other.test/web"), with_registry_auth=True)
        assert "x-registry-auth" not in server.asked[-1].headers


def test_credentials_are_read_anew(docker_config: Path) -> None:
    assert credentials_for("reg.test:5000") is None
    _log_in(docker_config, "reg.test:5000")
    found = credentials_for("reg.test:5000")
    assert found is not None
    assert (found.user, found.password) == ("ann", "pw")
    assert "pw" not in repr(found)


def test_a_refusal_shows_no_env_value() -> None:
    spec = a_spec(env=["TOKEN=hunter22"])
    words = {"message": "bad environment: TOKEN=hunter22"}
    refusing = _engine(lambda asked: Answered(400, words))
    with served(refusing) as server, pytest.raises(EngineRefusedError) as refused:
        _swarm(server).create_service(spec)
    assert str(refused.value) == "bad environment: TOKEN=••••"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answered(404, {"message": "manifest unknown: manifest unknown"}), NotFoundError),
        (Answered(500, {"message": "manifest unknown"}), NotFoundError),
        (Answered(401, {"message": "unauthorized"}), RegistryUnavailableError),
        (Answered(403, {"message": "denied"}), RegistryUnavailableError),
        (Answered(500, {"message": "connect: connection refused"}), RegistryUnavailableError),
        (Answered(503, {"message": "not a manager"}), RegistryUnavailableError),
        (Answered(0), EngineUnavailableError),
    ],
)
def test_what_the_registry_said(answer: Answered, error: type[Exception]) -> None:
    with served(_engine(lambda asked: answer)) as server, pytest.raises(error):
        _swarm(server).resolve_image("reg.test:5000/shop/web:v1")


def test_the_registry_is_asked_with_the_login(docker_config: Path) -> None:
    _log_in(docker_config, "reg.test:5000")
    body: dict[str, Any] = {"Descriptor": {"digest": "sha256:" + "a" * 64}, "Platforms": None}
    with served(_engine(lambda asked: Answered(body=body))) as server:
        found = _swarm(server).resolve_image("reg.test:5000/shop/web:v1")
        assert _paths(server) == ["/v1.41/distribution/reg.test:5000/shop/web:v1/json"]
        assert "x-registry-auth" in server.asked[-1].headers
    assert found.platforms == ()


def test_half_a_log_is_better_than_none() -> None:
    frame = b"\1\0\0\0\0\0\0\x06hello\n"
    cut = Answered(200, frame, {"Transfer-Encoding": "identity"})
    with served(_engine(lambda asked: cut)) as server:
        lines = _swarm(server).task_logs("t1", LogFilter(tail=3))
        assert [line.text for line in lines] == ["hello"]
        assert server.asked[-1].query["tail"] == ["3"]


@pytest.mark.parametrize(
    ("host", "insecure"),
    [
        ("reg.test:5000", True),
        ("docker.io", False),
        ("127.0.0.1:5000", True),
        ("192.0.2.1:5000", False),
        ("localhost:5000", True),
        ("other.test", False),
        ("[::1]:5000", False),
    ],
)
def test_which_registries_the_engine_speaks_plain_http_with(host: str, *, insecure: bool) -> None:
    config = {
        "IndexConfigs": {"reg.test:5000": {"Secure": False}, "docker.io": {"Secure": True}},
        "InsecureRegistryCIDRs": ["127.0.0.0/8"],
    }
    with served(_engine(lambda asked: Answered(body={"RegistryConfig": config}))) as server:
        assert _swarm(server).is_insecure_registry(host) is insecure
