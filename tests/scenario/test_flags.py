"""Flags of create and update that name other things, are too new, or do nothing."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.scenario.team import Team


@pytest.fixture
def kept(team: Team) -> Iterator[Team]:
    """A secret and a config of this test's own, made by the docker CLI."""
    for kind in ("secret", "config"):
        _make(team, kind)
    yield team
    team.remove_all()
    for kind in ("secret", "config"):
        team.docker(kind, "rm", _name(team, kind))


def _name(team: Team, kind: str) -> str:
    return f"{team.service}-{kind}"[-64:].lstrip("-_")


def _make(team: Team, kind: str) -> None:
    host = team.stage.lab.docker_host()
    words = ["docker", "-H", host, kind, "create", _name(team, kind), "-"]
    subprocess.run(words, input=b"hunter2", check=True, capture_output=True)


def test_secrets_and_configs_come_and_go_by_name(kept: Team) -> None:
    secret, config = _name(kept, "secret"), _name(kept, "config")
    files = f"--secret source={secret},target=pw,mode=0400 --config {config}"
    made = kept.creates(f"{files} --ulimit nofile=64:128 --host db.local:10.0.0.9")
    container = kept.spec()["TaskTemplate"]["ContainerSpec"]
    (shown,) = container["Secrets"]
    assert (shown["SecretName"], shown["File"]["Name"], shown["File"]["Mode"]) == (
        secret,
        "pw",
        0o400,
    )
    assert container["Configs"][0]["ConfigName"] == config
    assert container["Ulimits"] == [{"Name": "nofile", "Soft": 64, "Hard": 128}]
    assert container["Hosts"] == ["10.0.0.9 db.local"]
    kept.does(f"update --secret-rm {secret} --config-rm {config} --ulimit-rm nofile {kept.service}")
    container = kept.spec()["TaskTemplate"]["ContainerSpec"]
    assert not {"Secrets", "Configs", "Ulimits"} & set(container)
    told = kept.note(made, "started").text
    assert f"secret {secret}" in told
    assert "pw (mode 0400)" in told
    assert "hunter2" not in "\n".join(m.text for m in kept.client.messages(kept.channel))


def test_an_unknown_secret_is_answered_with_the_nearest(kept: Team) -> None:
    secret = _name(kept, "secret")
    kept.makes()
    before = kept.spec()
    told = kept.asks(f"update --secret-add {secret[:-1]} {kept.service}").text
    assert f"There is no secret `{secret[:-1]}`." in told
    assert f"Did you mean `{secret}`?" in told
    assert kept.spec() == before


def test_an_engine_that_is_too_old_for_a_flag_is_refused_as_the_cli_does(team: Team) -> None:
    team.makes()
    told = team.asks(f"update --oom-score-adj 5 {team.service}").text
    version = team.docker("version", "--format", "{{.Server.APIVersion}}")
    words = f"requires API version 1.46, but the Docker daemon API version is {version}"
    assert f'"--oom-score-adj" {words}' in told
    assert "Nothing was changed" in told


def test_a_flag_that_does_nothing_is_said_to(team: Team) -> None:
    team.makes("--env", "DEBUG=hunter2", "--publish", "18080:80")
    told = team.asks(f"update --env-rm DEBGU --log-opt tag=x {team.service}").text
    assert "Nothing to do" in told
    assert "--env-rm `DEBGU` finds nothing; did you mean `DEBUG`?" in told
    assert "--log-opt without --log-driver does nothing" in told
    shown = team.asks(f"update --dry-run --publish-rm 9999:80 {team.service}").text
    assert "goes by the target port alone, as in docker: `18080:80` goes" in shown
    assert "hunter2" not in told + shown
