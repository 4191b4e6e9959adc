"""What Waggle does otherwise on purpose, shown beside the docker CLI's way."""

import base64
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.domain.flags.verb import Verb
from playground.lab import Lab, registry
from tests.lab_fixtures import docker_process
from tests.parity.findings import Findings
from tests.parity.results import Verdict
from tests.parity.twins import Twins
from tests.parity.walks import NAME, created, updated
from tests.parity.worlds import DockerCli, WorkerBed, World
from tests.waiting import eventually


def _image(twins: Twins) -> str:
    spec = twins.engine.spec_of(NAME)
    assert spec is not None
    image = str(spec["TaskTemplate"]["ContainerSpec"]["Image"])
    return image.partition("@")[0].rpartition(":")[2]


def _version(twins: Twins) -> int:
    return int(twins.engine.service(NAME)["Version"]["Index"])


def test_the_second_rollback_of_the_cli_goes_forward(twins: Twins) -> None:
    lines = [created("--replicas 0"), updated("--image {reg}/httpd:v2")]
    try:
        for line in lines:
            assert not twins.cli.run(line.format(reg=twins.engine.registry))
        for expected in ("v1", "v2"):
            assert not twins.cli.run(updated("--rollback"))
            assert _image(twins) == expected
    finally:
        twins.engine.remove(NAME)


def _completed(bed: WorkerBed, line: str) -> None:
    rollout = bed.type(line)

    def over() -> bool:
        bed.tick()
        time.sleep(0.02)  # the Engine's clock is not the bed's
        return bed.rollout(rollout).state.value in ("completed", "rolled_back", "refused")

    bed.work()
    eventually(over, line)
    assert bed.rollout(rollout).state.value != "refused", bed.private(rollout)


def test_the_second_rollback_of_waggle_goes_further_back(twins: Twins, findings: Findings) -> None:
    reg = twins.engine.registry
    bed = twins.waggle.bed()
    try:
        _completed(bed, created("--replicas 0").format(reg=reg))
        for tag in ("v2", "v3"):
            _completed(bed, updated(f"--image {reg}/httpd:{tag}"))
        for expected in ("v2", "v1"):
            _completed(bed, updated("--rollback"))
            assert _image(twins) == expected
    finally:
        twins.engine.remove(NAME)
    findings.tell(Verb.UPDATE, "rollback", Verdict.OTHERWISE)


def test_what_would_be_the_same_is_not_posted(twins: Twins) -> None:
    try:
        assert not twins.cli.run(created("--replicas 0 -l a=1").format(reg=twins.engine.registry))
        before = _version(twins)
        assert not twins.waggle.run(updated("--label-add a=1"))
        assert _version(twins) == before
        assert not twins.cli.run(updated("--label-add a=1"))
        assert _version(twins) > before
    finally:
        twins.engine.remove(NAME)


def _kept(twins: Twins, first: World, then: World, image: str) -> list[int]:
    """Return the slots kept when both in turn hand the login of an image's registry on."""
    name, labelled = "login", updated("--label-add a=1 --with-registry-auth", "login")
    try:
        made = created("--with-registry-auth", name=name, image=image)
        assert not first.run(made.format(reg=twins.engine.registry))
        before = eventually(lambda: twins.engine.fresh(name), "its task")
        assert not then.run(labelled)
        fresh = twins.engine.fresh(name)
        return [slot for task, slot in before.items() if task in fresh]
    finally:
        twins.engine.remove(name)


def test_a_login_is_handed_on_in_the_same_bytes(
    swarm: Lab, twins: Twins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = swarm.private_registry
    login = base64.b64encode(f"{registry.USER}:{registry.PASSWORD}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {private: {"auth": login}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    environment = {"DOCKER_CONFIG": str(tmp_path)}
    cli = DockerCli(partial(docker_process, swarm, variables=environment))
    image = f"{private}/httpd:v1"
    assert _kept(twins, cli, twins.waggle, image) == [1]
    assert _kept(twins, twins.waggle, cli, image) == [1]


def test_where_there_is_no_login_the_cli_sends_an_empty_one(
    twins: Twins, findings: Findings
) -> None:
    image = twins.engine.image()
    assert _kept(twins, twins.cli, twins.cli, image) == [1]
    assert _kept(twins, twins.waggle, twins.waggle, image) == [1]
    assert _kept(twins, twins.waggle, twins.cli, image) == []
    assert _kept(twins, twins.cli, twins.waggle, image) == [1]
    findings.tell(Verb.UPDATE, "with-registry-auth", Verdict.OTHERWISE)


def test_placement_is_always_sent(twins: Twins) -> None:
    left: list[Any] = []
    for world in (twins.cli, twins.waggle):
        spec = {
            "Name": NAME,
            "TaskTemplate": {"ContainerSpec": {"Image": twins.engine.image()}},
            "Mode": {"Replicated": {"Replicas": 0}},
        }
        try:
            assert twins.engine.ask("POST", "/services/create", spec).status == 201
            assert not world.run(updated("--label-add a=1"))
            now = twins.engine.spec_of(NAME)
            assert now is not None
            left.append(now["TaskTemplate"].get("Placement"))
        finally:
            twins.engine.remove(NAME)
    assert left == [None, {}]
